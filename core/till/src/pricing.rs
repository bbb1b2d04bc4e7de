//! What an item costs now: the price in force and the promotions that cover it, by the till's clock.

use tillkit_domain::{Promotion, UnitPrice};
use tillkit_protocol::settings::{self, PromotionItem};
use tillkit_store::centre::{Found, View};

use crate::{TillError, session::each, till::Core};

/// An instant, as rows with a validity are held against it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) ms: i64,
    /// 1 is Monday.
    weekday: u8,
    /// Of the local day.
    minute: u16,
}

impl Core {
    /// Now, where the till stands.
    pub(crate) fn moment(&self) -> Moment {
        let ms = self.services.rim.now_ms();
        let local = self.local(ms);
        Moment {
            ms,
            weekday: local.date().weekday().to_monday_one_offset().unsigned_abs(),
            minute: u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs()),
        }
    }
}

/// What an item costs, and whether that was edited here. An edit comes first, then of the price rows in
/// force the one that began last, then the item's own.
pub(crate) fn price_now(
    view: &View,
    found: &Found,
    item: &settings::Item,
    at: Moment,
) -> Result<(UnitPrice, bool), TillError> {
    if !found.is_edited {
        for row in view.prices_of(&found.key)? {
            let price: settings::Price = row.read()?;
            if price.from_ms <= at.ms && price.until_ms.is_none_or(|until_ms| at.ms < until_ms) {
                return Ok((price.price, row.is_edited));
            }
        }
    }
    Ok((item.price, found.is_edited))
}

/// The rules that cover an item.
pub(crate) fn promotions_now(
    view: &View,
    key: &str,
    item: &settings::Item,
    at: Moment,
) -> Result<Vec<Promotion>, TillError> {
    let mut rules = Vec::new();
    each(view, "promotion", |row| {
        let promotion: settings::Promotion = row.read()?;
        if promotion.is_given(at.ms, at.weekday, at.minute) && covers(view, &row.key, &promotion, key, item)?
        {
            rules.push(promotion.rule(&row.key));
        }
        Ok(())
    })?;
    Ok(rules)
}

fn covers(
    view: &View,
    of: &str,
    promotion: &settings::Promotion,
    key: &str,
    item: &settings::Item,
) -> Result<bool, TillError> {
    let has = |key: String| Ok::<_, TillError>(view.find("promotion_item", &key)?.is_some());
    Ok(promotion.covers_all
        || has(PromotionItem::key_of_item(of, key))?
        || match &item.group {
            Some(group) => has(PromotionItem::key_of_group(of, group))?,
            None => false,
        })
}
