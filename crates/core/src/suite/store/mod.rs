//! Conformance tests for stores.

mod audit;
mod batches;
mod challenges;
mod changes;
mod keys;
mod limits;
mod outbox;
mod records;
mod registrations;
mod sessions;
mod surplus;
mod sweeps;
mod users;
mod write_skew;

use super::export_cases;
use crate::{
    account::{Registration, User},
    id::RealmName,
    port::{CommitError, Op, Precondition, Store},
    seal::BlindIndex,
};

/// Number of wrong password counts kept by a sweep: more than there are.
const KEPT: u64 = 1000;

/// Runs each case against a new store: `store_suite!(make)`, where `make` is an async function whose result dereferences to a
/// store.
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
                nobody_is_there_before_they_are_written,
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
                of_fifty_who_change_or_delete_a_user_one_does,
                a_required_user_stands_at_the_revision,
                users_of_two_realms_are_apart;
            registrations:
                a_registration_is_read_as_written,
                a_registration_comes_in_place_of_nothing,
                a_registration_comes_in_place_of_the_one_named,
                a_registration_does_not_replace_another_than_the_one_named,
                a_registration_may_replace_anything,
                a_registration_may_be_written_over_itself,
                an_identifier_has_one_registration,
                of_fifty_first_registrations_of_an_address_one_is_written,
                a_registration_that_is_contested_stays_so,
                a_registration_is_deleted_once,
                a_registration_becomes_the_user,
                an_address_is_never_seen_between_the_two,
                a_lapsed_registration_is_still_read,
                registrations_of_two_realms_are_apart;
            records:
                a_record_is_read_as_written,
                records_of_two_realms_and_kinds_are_apart,
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
                of_two_batches_that_insert_and_delete_of_an_owner_one_is_last;
            challenges:
                a_challenge_is_read_as_written,
                an_identifier_has_one_challenge,
                a_challenge_is_spent_once,
                of_fifty_who_spend_a_challenge_one_does,
                a_lapsed_challenge_cannot_be_spent,
                a_missing_challenge_cannot_be_spent,
                the_end_of_a_challenge_can_be_set,
                the_end_of_a_spent_challenge_stays,
                the_tries_of_a_challenge_are_counted,
                a_used_lapsed_or_missing_challenge_cannot_be_tried,
                of_fifty_who_try_a_challenge_as_many_do_as_may,
                the_challenges_of_a_subject_can_be_dropped,
                of_fifty_who_drop_a_subjects_challenges_for_a_new_one_one_is_left,
                challenges_of_two_realms_are_apart;
            sessions:
                a_session_is_read_as_written,
                an_identifier_has_one_session,
                a_session_ends_once,
                a_lapsed_session_is_still_read,
                the_sessions_of_a_user_are_read,
                all_sessions_of_a_user_end_but_for_one,
                the_end_of_a_users_sessions_leaves_others_alone,
                there_may_be_no_session_to_end,
                sessions_of_two_realms_are_apart,
                a_family_moves_on,
                a_family_moves_on_from_its_newest_token_only,
                an_authentication_is_renewed,
                the_family_of_no_session_moves_on,
                of_fifty_who_move_a_family_on_one_does,
                families_of_two_realms_are_apart;
            surplus:
                sessions_beyond_the_most_end_the_unused_first,
                lapsed_sessions_and_those_of_others_are_no_surplus,
                of_fifty_sessions_at_once_the_most_are_left;
            changes:
                an_empty_log_stays_where_it_is,
                what_ends_comes_into_the_log_in_order,
                the_log_is_read_on_from_a_position,
                whoever_follows_the_log_misses_nothing,
                positions_are_never_given_twice,
                what_changes_is_appended_in_order,
                fifty_changes_of_users_are_fifty_entries,
                a_change_without_an_end_is_kept_for_a_while;
            keys:
                root_keys_are_read_as_written,
                a_root_key_begins_at_the_first_revision,
                a_root_key_follows_its_revision,
                of_fifty_first_root_keys_one_is_written,
                a_realm_with_a_reserved_name_is_read,
                signing_keys_are_read_as_written,
                the_oldest_signing_key_comes_first,
                a_signing_key_that_is_put_again_changes_its_private_half_only,
                a_signing_key_can_be_deleted;
            outbox:
                a_message_is_claimed_as_written,
                what_is_not_due_is_not_claimed,
                the_oldest_due_come_first,
                of_those_due_at_the_same_time_the_first_comes_first,
                no_more_is_claimed_than_was_asked_for,
                a_message_comes_with_its_cause_or_not_at_all,
                the_outbox_is_counted,
                the_tries_with_an_unknown_outcome_are_counted,
                a_lease_is_extended_by_its_holder,
                a_claimed_message_is_not_claimed_again,
                two_claimers_never_share_a_message,
                a_lease_that_ran_out_is_claimable,
                a_lost_lease_settles_nothing,
                a_late_holder_may_settle_while_nobody_else_claimed,
                a_message_is_settled_once,
                a_message_that_is_done_is_gone,
                a_message_to_be_tried_again_waits_until_then,
                a_released_message_is_free_at_once,
                a_dead_message_is_counted_without_its_recipient,
                no_message_is_ever_lost;
            limits:
                a_quota_is_counted_to_its_end,
                what_was_counted_of_a_quota_is_forgotten,
                quotas_of_two_keys_are_apart,
                of_fifty_who_draw_on_a_quota_as_many_do_as_may,
                wrong_passwords_are_counted,
                fifty_wrong_passwords_at_once_are_fifty,
                wrong_passwords_are_forgotten_after_a_day_without_one,
                a_member_counts_once_until_its_period_has_passed,
                sixteen_members_are_kept_at_most,
                fifty_counts_of_two_members_are_two,
                counts_that_have_lapsed_are_swept,
                beyond_so_many_the_oldest_wrong_passwords_are_forgotten;
            audit:
                audit_rows_are_read_as_written,
                the_newest_audit_rows_come_first,
                no_audit_row_is_lost,
                a_batch_that_fails_leaves_no_audit_row,
                audit_rows_of_two_realms_are_apart,
                the_events_of_a_user_are_theirs_alone,
                the_events_of_a_user_are_walked_from_the_newest;
            sweeps:
                what_has_lapsed_is_swept,
                sessions_that_were_idle_too_long_are_swept,
                dead_messages_are_swept_after_a_month,
                much_is_swept_in_the_end;
            batches:
                an_empty_batch_is_committed,
                a_batch_that_fails_changes_nothing,
                a_batch_sees_its_own_writes,
                the_first_precondition_that_fails_is_named,
                failures_leave_their_neighbours_alone,
                what_was_committed_is_read_at_once,
                a_store_answers;
            write_skew:
                no_session_outlives_the_change_of_its_user,
                no_session_outlives_its_user,
                of_two_who_need_the_other_unchanged_one_changes,
                of_two_who_need_the_others_address_free_one_comes,
                of_two_who_need_the_others_address_free_one_moves,
                of_two_who_need_the_others_address_taken_one_goes,
                of_two_who_need_the_others_address_taken_one_moves,
                nobody_registers_between_a_registration_and_its_user;
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
    so_many_win(1, store, ops, with).await;
}

/// Commits all operations concurrently: exactly `many` must succeed, the others must fail with this precondition.
async fn so_many_win(many: usize, store: &dyn Store, ops: impl IntoIterator<Item = Op>, with: Precondition) {
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
