//! Which centre this till subscribes to, and whose settings are here (decision 0018).

use tillkit_protocol::{Manifest, Section};
use tillkit_store::{Result, Store, centre::LiveSection};

/// The name of the setting in `journal.db` that holds the id of the chosen centre; empty if none is any more.
pub const SUBSCRIPTION: &str = "subscription";

/// The id of the chosen centre.
///
/// # Errors
/// As any read of the journal.
pub fn subscription(store: &Store) -> Result<Option<String>> {
    let name = store.journal.setting(SUBSCRIPTION)?.filter(|name| !name.is_empty());
    Ok(name.map(|name| String::from_utf8_lossy(&name).into_owned()))
}

/// Sections that selling needs and that are not here: never come, or still another centre's.
///
/// # Errors
/// As any read of the journal.
pub fn lacking(store: &Store) -> Result<Vec<Section>> {
    let is_here = is_here(store)?;
    let needed = Section::down().filter(|section| section.spec().to_sell);
    Ok(needed.filter(|section| !is_here(&store.centre.live(section.name()))).collect())
}

/// Sections that selling does without and that are live from another centre than the chosen one.
///
/// # Errors
/// As any read of the journal.
pub(crate) fn left_behind(store: &Store) -> Result<Vec<Section>> {
    let is_here = is_here(store)?;
    let spared = Section::down().filter(|section| !section.spec().to_sell);
    let left = spared.filter(|section| {
        let live = store.centre.live(section.name());
        live.generation > 0 && !is_here(&live)
    });
    Ok(left.collect())
}

/// Tells whether what is live of a section has come from the chosen centre.
///
/// # Errors
/// As any read of the journal.
pub fn is_here(store: &Store) -> Result<impl Fn(&LiveSection) -> bool + use<>> {
    let chosen = subscription(store)?;
    let is_chosen = move |life: &str| {
        life.rsplit_once(LIFE_BORDER).is_none_or(|(centre, _)| Some(centre) == chosen.as_deref())
    };
    Ok(move |live: &LiveSection| live.generation > 0 && is_chosen(&live.epoch))
}

/// What the store calls an epoch: the centre's name goes with it, because generations of two centres
/// of one back office may have the same numbers.
pub(crate) fn life(manifest: &Manifest) -> String {
    format!("{}{LIFE_BORDER}{}", manifest.centre, manifest.epoch)
}

/// The life of the back office alone.
pub(crate) fn epoch_of(life: &str) -> &str {
    life.rsplit_once(LIFE_BORDER).map_or(life, |(_, epoch)| epoch)
}

const LIFE_BORDER: char = '@';
