//! Forwarding to another store, for test decorators.

/// Implements the reads and claims of a store decorator by forwarding. Both methods return `Result<&dyn Store,
/// StoreError>`. The first is used for reads, the second for claims.
#[macro_export]
macro_rules! forward_store {
    ($decorator:ty, $read:ident, $claim:ident) => {
        $crate::forward_store!(@trait $decorator, $read, Users {
            user(realm: &$crate::id::RealmName, id: &$crate::id::UserId) -> Option<$crate::account::User>;
            at_address(realm: &$crate::id::RealmName, index: $crate::seal::BlindIndex) -> $crate::port::AddressState;
            users_page(query: &$crate::port::UserQuery) -> Vec<$crate::account::User>;
        });
        $crate::forward_store!(@trait $decorator, $read, Registrations {
            registration(realm: &$crate::id::RealmName, id: &$crate::id::UserId)
                -> Option<$crate::account::Registration>;
        });
        $crate::forward_store!(@trait $decorator, $read, Challenges {
            challenge(realm: &$crate::id::RealmName, id: $crate::id::ChallengeId) -> Option<$crate::link::Challenge>;
        });
        $crate::forward_store!(@trait $decorator, $read, Sessions {
            session(realm: &$crate::id::RealmName, id: &$crate::id::SessionId) -> Option<$crate::session::Session>;
            sessions_of(realm: &$crate::id::RealmName, user: &$crate::id::UserId) -> Vec<$crate::session::Session>;
            few_sessions_of(realm: &$crate::id::RealmName, user: &$crate::id::UserId, most: usize)
                -> Vec<$crate::session::Session>;
        });
        $crate::forward_store!(@trait $decorator, $read, Records {
            record(realm: &$crate::id::RealmName, kind: $crate::record::RecordKind, key: &str)
                -> Option<$crate::record::RecordRow>;
            records_of(
                realm: &$crate::id::RealmName,
                owner: &$crate::id::UserId,
                kind: Option<$crate::record::RecordKind>
            ) -> Vec<$crate::record::RecordRow>;
            records_page(
                realm: &$crate::id::RealmName,
                kind: $crate::record::RecordKind,
                after: &str,
                limit: usize
            ) -> Vec<$crate::record::RecordRow>;
        });
        $crate::forward_store!(@trait $decorator, $read, LimitState {
            failures(key: $crate::limit::LimitKey) -> $crate::limit::FailedAttempts;
            window(key: $crate::limit::LimitKey) -> $crate::limit::SlidingWindow;
            members(key: $crate::limit::LimitKey) -> $crate::limit::Members;
        });
        $crate::forward_store!(@trait $decorator, $read, Keys {
            root_keys() -> Vec<$crate::port::RootKeyRow>;
            signing_keys() -> Vec<$crate::port::SigningKeyRow>;
        });
        $crate::forward_store!(@trait $decorator, $read, Audit {
            audit_rows(realm: &$crate::id::RealmName, limit: usize) -> Vec<$crate::audit::AuditEntry>;
            user_events(wanted: &$crate::audit::UserEvents) -> Vec<$crate::audit::AuditEntry>;
            audit_query(wanted: &$crate::audit::AuditQuery) -> Vec<$crate::audit::PlacedEntry>;
        });
        $crate::forward_store!(@trait $decorator, $read, AuditChains {
            unsealed_rows(limit: usize) -> Vec<$crate::audit::AuditEntry>;
            sealed_rows(chain: $crate::audit::Chain, first: u64, last: u64) -> Vec<$crate::audit::PlacedEntry>;
            stray_rows(limit: usize) -> Vec<$crate::audit::AuditEntry>;
            blocks_after(chain: $crate::audit::Chain, number: u64, limit: usize) -> Vec<$crate::audit::StoredBlock>;
            blocks_before(chain: $crate::audit::Chain, number: u64, limit: usize) -> Vec<$crate::audit::StoredBlock>;
            unpruned_blocks(chain: $crate::audit::Chain, limit: usize) -> Vec<$crate::audit::StoredBlock>;
        });
        $crate::forward_store!(@trait $decorator, $read, Stats {
            stats(realm: &$crate::id::RealmName, from: $crate::clock::Timestamp, to: $crate::clock::Timestamp)
                -> Vec<$crate::stats::Stat>;
            user_counts(realm: &$crate::id::RealmName, day: $crate::clock::Timestamp, earlier: $crate::clock::Timestamp)
                -> $crate::stats::UserCounts;
        });
        $crate::forward_store!(@trait $decorator, $read, Changes {
            changes_after(position: $crate::session::LogPosition)
                -> (Vec<$crate::session::Change>, $crate::session::LogPosition);
        });

        #[async_trait::async_trait]
        impl $crate::port::Outbox for $decorator {
            async fn claim(
                &self,
                channel: $crate::message::Channel,
                limit: usize,
                lease: &$crate::message::outbox::Lease,
            ) -> Result<Vec<$crate::message::outbox::Claimed>, $crate::port::StoreError> {
                self.$claim()?.claim(channel, limit, lease).await
            }

            async fn outbox_state(
                &self,
                now: $crate::clock::Timestamp,
            ) -> Result<$crate::port::OutboxState, $crate::port::StoreError> {
                self.$read()?.outbox_state(now).await
            }

            async fn outbox_page(
                &self,
                query: &$crate::port::OutboxQuery,
            ) -> Result<Vec<$crate::port::OutboxEntry>, $crate::port::StoreError> {
                self.$read()?.outbox_page(query).await
            }

            async fn outbox_row(
                &self,
                id: &$crate::id::OutboxId,
            ) -> Result<Option<$crate::port::OutboxEntry>, $crate::port::StoreError> {
                self.$read()?.outbox_row(id).await
            }
        }
    };
    (@trait $decorator:ty, $read:ident, $part:ident {
        $($method:ident($($name:ident: $of:ty),*) -> $out:ty;)*
    }) => {
        #[async_trait::async_trait]
        impl $crate::port::$part for $decorator {
            $(async fn $method(&self, $($name: $of),*) -> Result<$out, $crate::port::StoreError> {
                self.$read()?.$method($($name),*).await
            })*
        }
    };
}
