//! `GET audit/blocks`, `audit/keys` and `audit/export`.

use std::time::Duration;

use super::{Administered, TrailRow, places::Cursors, trail::Sight};
use crate::{
    admin::{AdminRole, Administer, Look},
    audit::{
        AuditEntry, AuditFilter, AuditId, AuditQuery, Chain, Event, PlacedEntry, PublicAuditKey, Retention, StoredBlock,
    },
    batch,
    clock::Timestamp,
    error::{
        Error, Result,
        catalogue::{ADMIN_FORBIDDEN, CURSOR_INVALID, FIELD_MISSING},
    },
    id::RealmName,
    seal,
    service::{FieldErrors, RawField},
};

/// Maximum number of blocks per page of an export, and the number of rows after which no block is added.
const BLOCKS_AT_ONCE: usize = 100;
const ENOUGH_ROWS: u64 = 5000;
/// Lifetime of the cursors of an export, from its first page, which is recorded in the audit trail.
const CURSOR_LIFETIME: Duration = Duration::from_secs(4 * 3600);
/// Number of rows per page of an export.
const ROWS_AT_ONCE: usize = 1000;
/// Maximum position in a chain.
const LAST: u64 = i64::MAX as u64;
const CHAINS: [&str; 2] = [Chain::Main.as_str(), Chain::Reads.as_str()];

/// A page of blocks, latest first.
#[derive(Debug)]
pub struct ListedBlocks {
    pub items: Vec<StoredBlock>,
    pub next: Option<String>,
    pub prev: Option<String>,
}

/// Export request as received.
#[derive(Debug, Default)]
pub struct ExportForm {
    pub realm: RawField,
    pub from: RawField,
    pub to: RawField,
    /// Whether to export whole blocks with their rows, so that they can be verified.
    pub blocks: RawField,
    /// Whether to leave clients and notes encrypted, as verification requires.
    pub sealed: RawField,
    pub cursor: RawField,
}

/// A line of an export.
#[derive(Debug)]
pub enum ExportedLine {
    Row(Box<TrailRow>),
    /// A block. Its rows precede it.
    Block(Box<StoredBlock>),
}

/// A page of an export, oldest first.
#[derive(Debug)]
pub struct ExportPage {
    pub items: Vec<ExportedLine>,
    pub next: Option<String>,
    pub at: Timestamp,
    /// Retention of the trail.
    pub retention: Retention,
}

/// Parsed export request.
struct Period {
    realms: Vec<(RealmName, Sight)>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    is_sealed: bool,
}

impl Administered<'_, Look> {
    /// Returns a page of the blocks of a chain.
    ///
    /// # Errors
    /// Returns `Invalid` if the chain is unknown, `Malformed` if the cursor belongs to another list, and
    /// `Unavailable` if the store fails.
    pub async fn blocks(&self, chain: &RawField, limit: &RawField, cursor: &RawField) -> Result<ListedBlocks> {
        let mut errors = FieldErrors::default();
        let limit = errors.page_size(limit);
        let chain = errors.one_of("chain", chain, &CHAINS).and_then(Chain::parse);
        let (limit, chain) = errors.finish(limit.zip(chain))?;
        let cursors = Cursors::of(&self.realm.keys, "admin/blocks", chain.as_str());
        let given = cursors.read(cursor)?;
        let number = given.as_ref().map(|(_, place)| place.parse().map_err(|_| CURSOR_INVALID)).transpose()?;
        let store = &self.ports.store;
        let is_backwards = given.as_ref().is_some_and(|(is_backwards, _)| *is_backwards);
        let mut items = match number {
            Some(number) if is_backwards => store.blocks_after(chain, number, limit + 1).await?,
            number => store.blocks_before(chain, number.unwrap_or(LAST), limit + 1).await?,
        };
        let has_more = items.len() > limit;
        items.truncate(limit);
        if is_backwards {
            items.reverse();
        }
        let place = |stored: Option<&StoredBlock>, is_backwards: bool| {
            stored.map(|stored| cursors.expose(is_backwards, &stored.block.number.to_string()))
        };
        let next = place(items.last(), false).filter(|_| is_backwards || has_more);
        let prev = place(items.first(), true).filter(|_| if is_backwards { has_more } else { given.is_some() });
        Ok(ListedBlocks { items, next, prev })
    }

    /// Returns a page of an export. The first page is recorded in the audit trail. The cursors of the other pages are
    /// bound to the administrator, and expire after a few hours.
    ///
    /// # Errors
    /// Returns `Forbidden` unless the caller is an owner, `Invalid` if a field is invalid, `Malformed` if the cursor
    /// belongs to another export, and `Unavailable` if the store fails.
    pub async fn export(&self, form: &ExportForm) -> Result<ExportPage> {
        let mut errors = FieldErrors::default();
        let (from, to) = (errors.time("from", &form.from), errors.time("to", &form.to));
        let (has_blocks, is_sealed) = (errors.flag("blocks", &form.blocks), errors.flag("sealed", &form.sealed));
        let realms = self.exported_realms(form, has_blocks == Some(true), &mut errors)?;
        let ((from, to), (has_blocks, is_sealed)) = errors.finish(from.zip(to).zip(has_blocks.zip(is_sealed)))?;
        let period = Period { realms, from, to, is_sealed };
        let names: Vec<&str> = period.realms.iter().map(|(realm, _)| realm.as_str()).collect();
        let actor = self.admin().actor();
        let filters = format!("{:?}", (names, from, to, has_blocks, is_sealed, actor.kind.as_str(), actor.id));
        let cursors = Cursors::of(&self.realm.keys, "admin/audit-export", &filters);
        let given = cursors.read(&form.cursor)?.map(|(_, place)| begun(&place).ok_or(CURSOR_INVALID)).transpose()?;
        let (began, place) = match given {
            Some((began, _)) if self.ctx.now.since(began) > CURSOR_LIFETIME => return Err(CURSOR_INVALID.into()),
            Some((began, place)) => (began, Some(place)),
            None => {
                self.note_export(&period, has_blocks).await?;
                (self.ctx.now, None)
            }
        };
        let (items, next) = if has_blocks {
            self.blocks_with_rows(&period, place.as_deref()).await?
        } else {
            self.rows_only(&period, place.as_deref()).await?
        };
        let next = next.map(|place| cursors.expose(false, &format!("{}@{place}", began.millis())));
        Ok(ExportPage { items, next, at: self.ctx.now, retention: self.settings.audit })
    }

    /// Returns the realms to export. Blocks contain rows of all realms.
    fn exported_realms(
        &self,
        form: &ExportForm,
        has_blocks: bool,
        errors: &mut FieldErrors,
    ) -> Result<Vec<(RealmName, Sight)>> {
        let grants = self.admin().grants();
        if matches!(form.realm, RawField::Missing) {
            if !grants.administer() {
                if !has_blocks && grants.reach_anywhere(AdminRole::Owner) {
                    errors.add(FIELD_MISSING.of("realm"));
                    return Ok(Vec::new());
                }
                return Err(ADMIN_FORBIDDEN.into());
            }
            return Ok(self.seen_realms());
        }
        let realm = form.realm.text().and_then(|name| self.realms.any(name)).ok_or_else(Error::not_found)?;
        self.sight(&realm.name).ok_or_else(Error::not_found)?;
        let may = grants.administer() || grants.reach(AdminRole::Owner, &realm.name);
        if !may || has_blocks {
            return Err(ADMIN_FORBIDDEN.into());
        }
        Ok(vec![(realm.name.clone(), Sight::All)])
    }

    async fn note_export(&self, period: &Period, has_blocks: bool) -> Result<()> {
        let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
        let realm = match period.realms.as_slice() {
            [(realm, _)] => Some(realm.as_str()),
            _ => None,
        };
        let row = self.audit(Event::AuditExported).by(self.admin()).detail("blocks", has_blocks);
        let row = row.detail("realm", realm).detail("from", text(period.from)).detail("to", text(period.to));
        let row = row.detail("sealed", period.is_sealed);
        Ok(self.commit(batch![row]).await?)
    }

    async fn lines(&self, rows: Vec<PlacedEntry>, period: &Period) -> Result<Vec<ExportedLine>> {
        let realms: &[(RealmName, Sight)] = if period.is_sealed { &[] } else { period.realms.as_slice() };
        let rows = self.opened(rows, realms).await?;
        Ok(rows.into_iter().map(|row| ExportedLine::Row(Box::new(row))).collect())
    }

    /// Returns rows, oldest first, and the position where the next page starts.
    async fn rows_only(&self, period: &Period, place: Option<&str>) -> Result<(Vec<ExportedLine>, Option<String>)> {
        let from = match place {
            Some(place) => AuditId(seal::unhex(place).ok_or(CURSOR_INVALID)?).next(),
            None => period.from.map_or(AuditId([0; 16]), AuditId::first_at),
        };
        let before = period.to.map_or(AuditId([u8::MAX; 16]), AuditId::first_at);
        let by = match period.realms.as_slice() {
            [(realm, _)] => AuditFilter::Realm(realm.clone()),
            _ => AuditFilter::All,
        };
        let query = AuditQuery { by, from, before, is_backwards: true, limit: ROWS_AT_ONCE };
        let rows = self.ports.store.audit_query(&query).await?;
        let last = rows.last().filter(|_| rows.len() == ROWS_AT_ONCE).map(|row| seal::hex(&row.entry.id.0));
        Ok((self.lines(rows, period).await?, last))
    }

    /// Returns blocks with their rows, and the position where the next page starts. The last page of a chain also
    /// contains rows with a position after its last block. The main chain is exported last, because it records which
    /// rows were removed during the export.
    async fn blocks_with_rows(
        &self,
        period: &Period,
        place: Option<&str>,
    ) -> Result<(Vec<ExportedLine>, Option<String>)> {
        let (chain, number) = place.map_or(Ok((Chain::Reads, 0)), |place| read_place(place).ok_or(CURSOR_INVALID))?;
        let store = &self.ports.store;
        let mut blocks = store.blocks_after(chain, number, BLOCKS_AT_ONCE).await?;
        let mut items = Vec::new();
        if blocks.is_empty() {
            let last = store.blocks_before(chain, LAST, 1).await?.pop().map_or(0, |stored| stored.block.last);
            let beyond = store.sealed_rows(chain, last + 1, LAST).await?;
            // The rows may belong to a block that was sealed in the meantime.
            blocks = store.blocks_after(chain, number, BLOCKS_AT_ONCE).await?;
            if blocks.is_empty() {
                items.extend(self.lines(beyond, period).await?);
                if chain == Chain::Reads {
                    return Ok((items, Some(place_text(Chain::Main, 0))));
                }
                items.extend(self.outside(period).await?);
                return Ok((items, None));
            }
        }
        let mut number_of_rows = 0;
        let few = blocks.into_iter().take_while(|stored| {
            let is_enough = number_of_rows >= ENOUGH_ROWS;
            number_of_rows += stored.block.count;
            !is_enough
        });
        let blocks: Vec<StoredBlock> = few.collect();
        let next = blocks.last().map(|stored| place_text(chain, stored.block.number));
        for stored in blocks.into_iter().filter(|stored| self.is_within(stored, period)) {
            let block = &stored.block;
            let rows =
                if block.count == 0 { Vec::new() } else { store.sealed_rows(chain, block.first, block.last).await? };
            items.extend(self.lines(rows, period).await?);
            items.push(ExportedLine::Block(Box::new(stored)));
        }
        Ok((items, next))
    }

    /// Returns the rows outside all blocks: rows that are not sealed yet, and rows added with a position that no
    /// chain has. The latter are exported with position 0.
    async fn outside(&self, period: &Period) -> Result<Vec<ExportedLine>> {
        let store = &self.ports.store;
        let placed = |position: Option<u64>| move |entry: AuditEntry| PlacedEntry { position, entry };
        let waiting = store.unsealed_rows(ROWS_AT_ONCE).await?.into_iter().map(placed(None));
        let stray = store.stray_rows(ROWS_AT_ONCE).await?.into_iter().map(placed(Some(0)));
        self.lines(waiting.chain(stray).collect(), period).await
    }

    /// Returns whether a block is part of the export. An export of a period starts after the blocks whose rows were
    /// removed by retention, because the row that records the removal may be later than the period.
    fn is_within(&self, stored: &StoredBlock, period: &Period) -> bool {
        let block = &stored.block;
        let is_part = period.from.is_some() || period.to.is_some();
        let is_over = block.to.plus(self.settings.audit.of(block.chain)) <= self.ctx.now;
        period.from.is_none_or(|from| block.to >= from)
            && period.to.is_none_or(|to| block.from < to)
            && !(is_part && stored.is_pruned && is_over)
    }
}

impl Administered<'_, Administer> {
    /// Returns the public audit keys, oldest first.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub async fn audit_keys(&self) -> Result<Vec<PublicAuditKey>> {
        let keys = self.kernel.audit_keys().await?;
        Ok(keys.iter().map(|key| key.public().clone()).collect())
    }
}

/// Parses the time of the first page of an export, and the position where it continues.
fn begun(text: &str) -> Option<(Timestamp, String)> {
    let (began, place) = text.split_once('@')?;
    Some((Timestamp::from_millis(began.parse().ok()?), place.to_owned()))
}

fn place_text(chain: Chain, number: u64) -> String {
    format!("{}/{number}", chain.as_str())
}

fn read_place(text: &str) -> Option<(Chain, u64)> {
    let (chain, number) = text.split_once('/')?;
    Some((Chain::parse(chain)?, number.parse().ok()?))
}
