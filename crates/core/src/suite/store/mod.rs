//! Conformance tests for stores.

mod audit;
mod batches;
mod chains;
mod challenges;
mod changes;
mod keys;
mod limits;
mod outbox;
mod records;
mod registrations;
mod sessions;
mod stats;
mod surplus;
mod sweeps;
mod user_lists;
mod users;
mod write_skew;

use super::export_cases;
use crate::{
    account::{Registration, User},
    id::RealmName,
    port::{CommitError, Op, Precondition, Store},
    seal::BlindIndex,
};

/// Number of failed-attempt counters kept by a sweep. More than there are in these tests.
const KEPT: u64 = 1000;

/// Runs each case against a new store: `store_suite!(make)`, where `make` is an async function whose result
/// dereferences to a store.
#[macro_export]
macro_rules! store_suite {
    ($make:path) => {
        $crate::store_cases!($crate::suite_tests, $make);
    };
}

/// The list of cases.
#[doc(hidden)]
#[macro_export]
macro_rules! store_cases {
    ($then:path $(, $make:path)?) => {
        $then! { store {
            users:
                a_user_is_read_as_written,
                a_missing_user_is_not_found,
                an_address_has_one_user,
                an_identifier_has_one_user,
                of_fifty_users_racing_for_an_address_one_is_written,
                an_update_follows_the_revision_it_was_made_from,
                an_update_needs_the_user,
                of_fifty_updates_of_one_revision_one_is_written,
                an_update_may_move_to_a_free_address,
                an_update_may_not_take_an_address,
                a_deleted_user_is_gone,
                a_user_is_deleted_at_the_revision_that_was_read,
                of_fifty_changes_and_deletions_of_a_user_one_succeeds,
                a_required_user_is_at_the_revision,
                users_of_two_realms_are_separate;
            user_lists:
                pages_of_users_go_in_both_directions,
                users_are_listed_by_filters,
                the_day_on_which_a_user_was_seen_is_recorded;
            registrations:
                a_registration_is_read_as_written,
                a_registration_can_require_a_free_address,
                a_registration_replaces_the_expected_one,
                a_registration_does_not_replace_an_unexpected_one,
                a_registration_may_replace_anything,
                a_registration_may_replace_itself,
                an_identifier_has_one_registration,
                of_fifty_first_registrations_of_an_address_one_is_written,
                a_contested_registration_remains_contested,
                a_registration_is_deleted_once,
                a_registration_becomes_the_user,
                an_address_is_never_read_with_neither_registration_nor_user,
                an_expired_registration_is_still_returned,
                registrations_of_two_realms_are_separate;
            records:
                a_record_is_read_as_written,
                records_of_two_realms_and_kinds_are_separate,
                a_key_has_one_record,
                a_key_is_free_for_all_but_others_of_a_live_record,
                of_fifty_inserts_of_a_key_one_is_written,
                a_record_is_replaced_at_the_revision_before,
                of_fifty_replacements_of_a_revision_one_is_written,
                a_record_is_deleted_once_and_at_its_revision,
                of_fifty_deletions_of_a_record_one_succeeds,
                records_are_listed_and_deleted_by_owner,
                records_of_a_kind_are_read_in_pages,
                a_required_record_is_at_the_revision,
                expired_records_are_swept,
                concurrent_inserts_and_deletions_of_an_owners_records_are_serialized;
            challenges:
                a_challenge_is_read_as_written,
                an_identifier_has_one_challenge,
                a_challenge_can_be_used_once,
                of_fifty_uses_of_a_challenge_one_succeeds,
                an_expired_challenge_cannot_be_used,
                a_missing_challenge_cannot_be_used,
                the_expiry_of_a_challenge_can_be_changed,
                the_expiry_of_a_used_challenge_cannot_be_changed,
                attempts_at_a_challenge_are_counted,
                a_used_expired_or_missing_challenge_allows_no_attempt,
                concurrent_attempts_respect_the_limit,
                the_challenges_of_a_subject_can_be_removed,
                of_fifty_replacements_of_a_subjects_challenges_one_is_left,
                the_note_of_a_challenge_can_be_replaced,
                challenges_of_two_realms_are_separate;
            sessions:
                a_session_is_read_as_written,
                an_identifier_has_one_session,
                a_session_ends_once,
                an_expired_session_is_still_returned,
                the_sessions_of_a_user_are_read,
                all_sessions_of_a_user_but_one_can_be_ended,
                ending_a_users_sessions_does_not_affect_others,
                ending_no_session_succeeds,
                sessions_of_two_realms_are_separate,
                a_refresh_token_is_rotated,
                only_the_newest_refresh_token_is_rotated,
                an_authentication_is_renewed,
                the_token_of_a_missing_session_is_not_rotated,
                of_fifty_rotations_of_a_token_one_succeeds,
                families_of_two_realms_are_separate;
            surplus:
                surplus_sessions_that_were_never_refreshed_end_first,
                expired_sessions_and_those_of_others_are_not_surplus,
                fifty_concurrent_sessions_respect_the_limit;
            changes:
                an_empty_log_keeps_the_position,
                revocations_are_logged_in_order,
                the_log_can_be_read_from_any_position,
                a_follower_of_the_log_misses_nothing,
                positions_are_never_reused,
                changes_are_logged_in_order,
                fifty_user_changes_are_fifty_entries,
                a_change_without_an_expiry_is_kept_for_a_while;
            keys:
                root_keys_are_read_as_written,
                a_root_key_starts_at_the_first_revision,
                a_root_key_follows_its_revision,
                of_fifty_first_root_keys_one_is_written,
                a_realm_with_a_reserved_name_is_read,
                signing_keys_are_read_as_written,
                the_oldest_signing_key_comes_first,
                rewriting_a_signing_key_changes_only_its_private_key,
                a_signing_key_can_be_required,
                a_signing_key_can_be_deleted;
            outbox:
                a_message_is_claimed_as_written,
                messages_that_are_not_due_are_not_claimed,
                the_oldest_due_messages_come_first,
                messages_due_at_the_same_time_keep_their_order,
                a_claim_returns_no_more_than_requested,
                a_message_is_committed_with_its_cause_or_not_at_all,
                the_outbox_is_counted,
                attempts_with_an_unknown_outcome_are_counted,
                a_lease_is_extended_by_its_holder,
                a_claimed_message_is_not_claimed_again,
                two_claimers_never_share_a_message,
                a_message_with_an_expired_lease_can_be_claimed,
                a_lost_lease_records_no_outcome,
                a_late_holder_may_finish_unless_the_message_was_claimed_again,
                a_message_is_finished_once,
                a_delivered_message_is_removed,
                a_message_to_retry_waits_until_it_is_due,
                a_released_message_can_be_claimed_immediately,
                a_dead_message_is_counted_without_its_recipient,
                messages_are_listed_by_age_and_filters,
                a_message_is_read_hastened_and_dropped,
                a_message_keeps_the_fault_of_its_latest_attempt,
                messages_are_listed_by_recipient,
                no_message_is_ever_lost;
            limits:
                a_quota_allows_exactly_its_number_of_uses,
                uses_of_a_quota_are_discarded,
                quotas_of_two_keys_are_separate,
                counts_can_be_reset,
                fifty_concurrent_uses_respect_the_quota,
                wrong_passwords_are_counted,
                failed_attempts_can_be_reset,
                fifty_concurrent_failed_attempts_are_counted,
                failed_attempts_are_discarded_after_a_day_without_one,
                a_member_is_counted_once_per_period,
                at_most_sixteen_members_are_kept,
                fifty_counts_of_two_members_are_two,
                expired_counts_are_swept,
                the_oldest_failed_attempts_beyond_the_limit_are_discarded;
            audit:
                audit_rows_are_read_as_written,
                the_newest_audit_rows_come_first,
                no_audit_row_is_lost,
                a_batch_that_fails_leaves_no_audit_row,
                audit_rows_of_two_realms_are_separate,
                only_a_users_own_visible_events_are_returned,
                a_users_events_are_paged_from_the_newest;
            chains:
                rows_are_sealed_in_blocks_of_their_chain,
                a_row_is_sealed_once,
                of_fifty_blocks_with_a_number_one_is_written,
                old_rows_are_removed_by_whole_blocks,
                rows_are_found_by_each_filter;
            stats:
                counters_are_added_to_set_and_listed_by_day,
                no_addition_is_lost_in_a_race,
                users_are_counted;
            sweeps:
                expired_rows_are_swept,
                sessions_that_were_idle_too_long_are_swept,
                dead_messages_are_swept_after_a_month,
                repeated_sweeps_remove_many_rows;
            batches:
                an_empty_batch_is_committed,
                a_batch_that_fails_changes_nothing,
                a_batch_sees_its_own_writes,
                the_first_precondition_that_fails_is_named,
                failing_batches_do_not_affect_others,
                committed_data_is_visible_immediately,
                a_store_responds_to_a_ping;
            write_skew:
                no_session_outlives_the_change_of_its_user,
                no_session_outlives_its_user,
                of_two_batches_that_need_the_others_user_unchanged_one_succeeds,
                of_two_inserts_that_need_the_others_address_free_one_succeeds,
                of_two_address_changes_that_need_the_others_address_free_one_succeeds,
                of_two_deletions_that_need_the_others_address_taken_one_succeeds,
                of_two_address_changes_that_need_the_others_address_taken_one_succeeds,
                no_registration_comes_between_a_registration_and_its_user,
                of_two_signing_keys_removed_at_once_one_is_left,
                a_signing_key_is_not_removed_with_its_predecessors;
        } $($make)? }
    };
}

store_cases!(export_cases);

/// Commits a batch that must succeed.
async fn done(store: &dyn Store, batch: impl IntoIterator<Item = Op>) {
    store.commit(batch.into_iter().collect()).await.expect("the batch should be committed");
}

/// Commits a batch that must fail with this precondition.
async fn fails(store: &dyn Store, batch: impl IntoIterator<Item = Op>, with: Precondition) {
    match store.commit(batch.into_iter().collect()).await {
        Err(CommitError::Failed(failed)) => assert_eq!(failed, with, "another precondition failed"),
        Err(CommitError::Store(error)) => panic!("the store failed: {error:?}"),
        Ok(()) => panic!("committed, where {with:?} should have failed"),
    }
}

/// Commits all operations concurrently, each in its own batch: exactly one must succeed, the others must fail with this
/// precondition.
async fn one_wins(store: &dyn Store, ops: impl IntoIterator<Item = Op>, with: Precondition) {
    exactly_win(1, store, ops, with).await;
}

/// Commits all operations concurrently: exactly `many` must succeed, the others must fail with this precondition.
async fn exactly_win(many: usize, store: &dyn Store, ops: impl IntoIterator<Item = Op>, with: Precondition) {
    let results = super::join_all(ops.into_iter().map(|op| store.commit(vec![op]))).await;
    let won = results.iter().filter(|result| result.is_ok()).count();
    let lost =
        results.iter().filter(|result| matches!(result, Err(CommitError::Failed(failed)) if *failed == with)).count();
    assert_eq!((won, lost), (many, results.len() - many), "{results:?}");
}

/// Reads the user and the registration of an address.
async fn by_index(store: &dyn Store, realm: &RealmName, index: BlindIndex) -> (Option<User>, Option<Registration>) {
    let found = store.at_address(realm, index).await.unwrap();
    (found.user, found.registration)
}
