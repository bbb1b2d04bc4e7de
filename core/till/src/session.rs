use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use argon2::{Argon2, PasswordHash, PasswordVerifier};
use serde::Serialize;
use tillkit_domain::{self as domain, CashMovementKind, Money, Right, Rights, TenderKind, UnitPrice, text};
use tillkit_protocol::{
    Hash, Section,
    bodies::{self, Event},
    canonical,
    document::Kind,
    keys::PublicKey,
    settings,
    wire::Enrolled,
};
use tillkit_store::{
    StoreError,
    centre::{Found, LocalEdit, View},
    journal::{JournalWrite, Lockout, NewDocument, Numerator, Recorded, Reversal},
};
use tillkit_sync::status::Mode;

use crate::{Blockers, PairingQr, TillError, till::Core};

/// A signed-in cashier. Everything that sells, moves cash or closes hangs on it; dropping it signs out.
///
/// Calls wait for the disk, never for the network: call them off the main thread.
pub struct Session {
    pub(crate) core: Arc<Core>,
    pub(crate) user: String,
    rights: Mutex<Known>,
    /// Whose user and rights these are.
    tenant: PublicKey,
    centre: String,
    // Std mutex: a cashier does one thing at a time; nothing awaits inside.
    sale: Mutex<Option<Open>>,
    last_receipt: Mutex<Option<String>>,
}

/// What the users of some generation say of who is signed in.
struct Known {
    /// The life of the back office and the generation of the users.
    of: (String, u64),
    rights: Rights,
}

/// The open sale.
pub(crate) struct Open {
    pub(crate) sale: domain::Sale,
    /// Its place among the held sales: kept there from the first slip or voucher on, and if it was recalled.
    pub(crate) kept: Option<Kept>,
}

/// A sale that survives a kill of the app while it is open.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) id: String,
    pub(crate) label: String,
}

/// Wrong PINs before a pause.
const TRIES: u32 = 5;
/// The pauses after every further wrong PIN, minutes.
const PAUSES_MIN: [i64; 3] = [1, 5, 15];

impl Session {
    pub(crate) fn sign_in(core: Arc<Core>, user: &str, pin: &str) -> Result<Session, TillError> {
        core.check_synced()?;
        text::check("a user", user, text::NAME_CHARS)?;
        let tenant = core.device()?.enrolment.tenant_key;
        let centre = core.subscription()?.ok_or(TillError::NoCentre)?;
        let lockout = core.store.journal.lockout(user)?;
        let wait_ms = core.wait_ms(user, lockout)?;
        if wait_ms > 0 {
            return Err(TillError::LockedOut { wait_s: wait_ms / 1000 + 1 });
        }
        let of = core.users_live();
        let Some(rights) = core.rights_of(user, pin)? else { return Err(core.wrong_pin(user, lockout)?) };
        let (sale, last_receipt) = (Mutex::new(None), Mutex::new(None));
        core.signed_in(Some((user.into(), rights.clone())));
        let rights = Mutex::new(Known { of, rights });
        let session = Session { core, user: user.into(), rights, tenant, centre, sale, last_receipt };
        session.record_signed_in(lockout)?;
        Ok(session)
    }

    fn record_signed_in(&self, lockout: Lockout) -> Result<(), TillError> {
        let document = self.event("sign_in", "")?;
        self.write(|journal, record| {
            if lockout != Lockout::default() {
                journal.set_lockout(&self.user, Lockout::default())?;
            }
            record(journal, document)
        })?;
        Ok(())
    }

    /// Who is signed in.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Whether the signed-in user's role has a right.
    pub fn may(&self, right: Right) -> bool {
        self.has(right).unwrap_or(false)
    }

    pub(crate) fn check(&self, right: Right) -> Result<(), TillError> {
        self.check_centre()?;
        if self.has(right)? { Ok(()) } else { Err(TillError::NoRight { user: self.user.clone(), right }) }
    }

    /// Whether the newest users give the right: somebody who was deactivated or deleted since has none.
    fn has(&self, right: Right) -> Result<bool, TillError> {
        let mut known = self.rights.lock().unwrap_or_else(PoisonError::into_inner);
        let live = self.core.users_live();
        // Whoever moves on to another centre is told so, and not that a right is missing.
        if known.of != live && !self.core.leaves_for(&self.centre)? {
            let rights = self.core.account(&self.user)?.map(|(_, rights)| rights).unwrap_or_default();
            self.core.signed_in(Some((self.user.clone(), rights.clone())));
            *known = Known { of: live, rights };
        }
        Ok(known.rights.has(right))
    }

    /// Rights end with the centre that gave them.
    fn check_centre(&self) -> Result<(), TillError> {
        let is_of_it = self.core.device()?.enrolment.tenant_key == self.tenant;
        if !is_of_it || self.core.leaves_for(&self.centre)? {
            return Err(TillError::OtherCentre { centre: self.centre.clone() });
        }
        Ok(())
    }

    pub(crate) fn sale(&self) -> MutexGuard<'_, Option<Open>> {
        self.sale.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn last_receipt(&self) -> Option<String> {
        self.last_receipt.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn keep_receipt(&self, text: &str) {
        *self.last_receipt.lock().unwrap_or_else(PoisonError::into_inner) = Some(text.into());
    }

    /// Chooses another centre. Refused while something would be lost or mixed up by it; the same centre
    /// again, which a till needs after it has enrolled again, mixes up nothing. Another centre has users of
    /// its own: nobody is signed in after it, and nobody can be until its settings have come.
    ///
    /// # Errors
    /// [`TillError::NoRight`], [`TillError::NotYet`], [`TillError::Sync`].
    pub async fn change_centre(&self, centre: &str) -> Result<(), TillError> {
        self.check(Right::ChangeCentre)?;
        let event = self.event("centre_changed", centre)?;
        self.core.choose_centre(centre).await?;
        self.write(|journal, record| record(journal, event))?;
        Ok(())
    }

    /// Moves cash without a sale; `amount` is positive, the kind says which way.
    ///
    /// # Errors
    /// [`TillError::NoRight`], [`TillError::Unknown`] tender, [`TillError::Sale`] for an amount that is none.
    pub fn move_cash(
        &self,
        kind: CashMovementKind,
        tender: &str,
        amount: Money,
        reason: &str,
    ) -> Result<Recorded, TillError> {
        self.check(Right::CashMovement)?;
        text::check("a reason", reason, text::NOTE_CHARS)?;
        domain::money::check_most(amount.minor)?;
        let (setting, centre) = {
            let view = self.core.store.centre.view()?;
            (view.tender(tender)?, view.centre()?)
        };
        let is_no_money = matches!(setting.kind, TenderKind::Card | TenderKind::CustomerCredit);
        // From one tender to another everything may move.
        if is_no_money && kind != CashMovementKind::TenderTransfer {
            let why = format!("{} is no money in a drawer", setting.name);
            return Err(TillError::bad_input("the tender", why));
        }
        drawer_currency(&setting, &centre, amount.currency).check_is(amount.currency)?;
        let amount_minor = kind.signed_minor(amount)?;
        let body = bodies::CashMovement {
            amount_minor,
            currency: amount.currency,
            movement: kind,
            reason: reason.into(),
            tender: tender.into(),
        };
        let mut document = self.draft(Kind::CashMovement, body)?;
        document.currency = amount.currency.code().into();
        document.total_minor = amount_minor;
        self.write(|journal, record| record(journal, document))
    }

    /// Enrols this phone again, as another enrolment of the till its code is for. Documents of the one
    /// before are kept, and still sent. If the answer is lost, call it again with the same code.
    ///
    /// # Errors
    /// [`TillError::NoRight`] (`enrol`), [`TillError::SaleOpen`], [`TillError::NotYet`] while the day is not
    /// closed: no Z of another enrolment lists what this one has recorded; as
    /// [`Till::enrol`](crate::Till::enrol).
    pub async fn enrol_again(&self, url: &str, code: &str, device: &str) -> Result<Enrolled, TillError> {
        self.enrol_at(url, code, device, None).await
    }

    /// The same with what a QR carries: the back office must own the key that the QR names.
    ///
    /// # Errors
    /// As [`Session::enrol_again`], and [`TillError::WrongOffice`].
    pub async fn enrol_again_by_qr(&self, qr: &PairingQr, device: &str) -> Result<Enrolled, TillError> {
        self.enrol_at(&qr.url, &qr.code, device, Some(qr.key)).await
    }

    async fn enrol_at(
        &self,
        url: &str,
        code: &str,
        device: &str,
        key: Option<Hash>,
    ) -> Result<Enrolled, TillError> {
        self.check(Right::Enrol)?;
        if self.sale().is_some() {
            return Err(TillError::SaleOpen);
        }
        let unclosed = self.core.store.journal.unclosed(&self.core.device()?.enrolment)?;
        if unclosed > 0 {
            return Err(TillError::NotYet(Blockers { unclosed, ..Blockers::default() }));
        }
        // Before, in the chain of the enrolment that ends here: it says who ended it.
        let event = self.event("enrol_again", url)?;
        self.write(|journal, record| record(journal, event))?;
        let enrolled = self.core.enrol(url, code, device, key).await?;
        self.core.open_secrets()?;
        Ok(enrolled)
    }

    /// Edits an item's price on this till, until the next sync of the items replaces it.
    ///
    /// # Errors
    /// [`TillError::NoRight`], [`TillError::Unknown`].
    pub fn edit_price(&self, item: &str, price: UnitPrice) -> Result<(), TillError> {
        if price.is_negative() {
            return Err(TillError::bad_input("a price", format!("{price} is below nothing")));
        }
        self.edit("item", item, |body| {
            body.insert("price".into(), price.to_string().into());
        })
    }

    /// Edits the footer of receipts on this till, until the next sync of the centre replaces it.
    ///
    /// # Errors
    /// [`TillError::NoRight`], [`TillError::Unknown`].
    pub fn edit_receipt_footer(&self, layout: &str, footer: &[String]) -> Result<(), TillError> {
        self.check(Right::LocalEdit)?;
        if footer.len() > text::LAYOUT_LINES {
            let why = format!("{} lines are more than {}", footer.len(), text::LAYOUT_LINES);
            return Err(TillError::bad_input("a footer", why));
        }
        footer.iter().try_for_each(|line| text::check("a line of the footer", line, text::NOTE_CHARS))?;
        self.edit("receipt_layout", layout, |body| {
            body.insert("footer".into(), footer.into());
        })
    }

    fn edit(
        &self,
        kind: &'static str,
        key: &str,
        change: impl FnOnce(&mut serde_json::Map<String, serde_json::Value>),
    ) -> Result<(), TillError> {
        self.check(Right::LocalEdit)?;
        let found = self.core.store.centre.view()?.find(kind, key)?;
        let found = found.ok_or_else(|| TillError::Unknown { what: kind, key: key.into() })?;
        // Members this version does not know stay as they were published.
        let mut body: serde_json::Map<String, serde_json::Value> = found.read()?;
        change(&mut body);
        let body = canonical::to_line(&body).map_err(StoreError::from)?;
        let event = self.event("local_edit", &format!("{kind} {key}"))?;
        self.write(|journal, record| record(journal, event))?;
        let edited_ms = self.core.services.rim.now_ms();
        let edit = LocalEdit { kind: kind.into(), key: key.into(), body, user: self.user.clone(), edited_ms };
        self.core.store.centre.edit(&edit)?;
        self.core.changed();
        Ok(())
    }

    pub(crate) fn event(&self, what: &str, detail: &str) -> Result<NewDocument<Event>, TillError> {
        self.core.event(&self.user, what, detail)
    }

    /// A document as it stands now, without money, stock or reversals. The caller has checked the right.
    pub(crate) fn draft<Body>(&self, kind: Kind, body: Body) -> Result<NewDocument<Body>, TillError> {
        self.core.check_synced()?;
        let mut document = self.core.blank(kind, body, &self.user)?;
        let view = self.core.store.centre.view()?;
        let centre = view.centre()?;
        document.currency = centre.currency.code().into();
        document.business_day = self.core.business_day(&centre, document.recorded_ms);
        document.generations = view.generations();
        // Nobody is handed a paper with the number of a customer.
        if kind != Kind::CustomerMade {
            document.numerator = Some(view.numerator(kind)?);
        }
        Ok(document)
    }

    /// One durable transaction of the journal; afterwards the up lane knows.
    pub(crate) fn write<Body: Serialize>(
        &self,
        work: impl FnOnce(
            &JournalWrite,
            &dyn Fn(&JournalWrite, NewDocument<Body>) -> Result<Recorded, TillError>,
        ) -> Result<Recorded, TillError>,
    ) -> Result<Recorded, TillError> {
        self.core.write(work)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.put_by();
        self.core.signed_in(None);
    }
}

impl Core {
    /// What happened, and who did it; also while nothing of the centre is here.
    pub(crate) fn event(
        &self,
        user: &str,
        what: &str,
        detail: &str,
    ) -> Result<NewDocument<Event>, TillError> {
        let mut event = self.blank(Kind::Event, Event { detail: detail.into(), what: what.into() }, user)?;
        if let Ok(view) = self.store.centre.view() {
            event.generations = view.generations();
            if let Ok(centre) = view.centre() {
                event.currency = centre.currency.code().into();
                event.business_day = self.business_day(&centre, event.recorded_ms);
            }
        }
        Ok(event)
    }

    /// A document without anything that the centre's settings say.
    fn blank<Body>(&self, kind: Kind, body: Body, user: &str) -> Result<NewDocument<Body>, TillError> {
        /// No currency at all (ISO 4217).
        const NONE: &str = "XXX";
        let device = self.device()?;
        let recorded_ms = self.services.rim.now_ms();
        let mode = device.engine.status().borrow().mode;
        Ok(NewDocument {
            kind,
            body,
            business_day: self.local(recorded_ms).date().to_string(),
            currency: NONE.into(),
            generations: BTreeMap::new(),
            numerator: None,
            centre: self.subscription()?.ok_or(TillError::NoCentre)?,
            monotonic_ms: self.services.rim.monotonic_ms(),
            offline: matches!(mode, Mode::Offline { .. }),
            recorded_ms,
            server_offset_ms: device.engine.offset_ms(),
            total_minor: 0,
            user: user.into(),
            stock: Vec::new(),
            reversals: Vec::<Reversal>::new(),
        })
    }

    /// One durable transaction of the journal; afterwards the up lane knows.
    pub(crate) fn write<Body: Serialize>(
        &self,
        work: impl FnOnce(
            &JournalWrite,
            &dyn Fn(&JournalWrite, NewDocument<Body>) -> Result<Recorded, TillError>,
        ) -> Result<Recorded, TillError>,
    ) -> Result<Recorded, TillError> {
        let device = self.device()?;
        let record = |journal: &JournalWrite, document: NewDocument<Body>| {
            Ok(journal.record(&device.enrolment, &device.key, document)?)
        };
        let recorded = self.store.journal.write(|journal| work(journal, &record))?;
        device.engine.recorded();
        self.changed();
        Ok(recorded)
    }

    /// Whether whoever is at the till may receive by hand, and who that is. While nobody is signed in
    /// it is what everybody may; before the first users have come, the pairing code is right enough.
    pub(crate) fn may_receive(&self) -> Result<(bool, Option<String>), TillError> {
        if let Some((user, rights)) = self.who_is_signed_in() {
            return Ok((rights.has(Right::DataExchange), Some(user)));
        }
        let view = self.store.centre.view()?;
        let mut may_all = true;
        each(&view, "role", |found| {
            let role: settings::Role = found.read()?;
            may_all &= Rights::of_names(role.rights.iter().map(String::as_str)).has(Right::DataExchange);
            Ok(())
        })?;
        Ok((may_all, None))
    }

    /// The user's rights if the PIN is right. An unknown user takes as long as a wrong PIN.
    fn rights_of(&self, user: &str, pin: &str) -> Result<Option<Rights>, TillError> {
        /// A verifier of nobody's PIN, with the parameters real ones have.
        const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let (account, rights) = self.account(user)?.unzip();
        let verifier = account.as_ref().map_or(NOBODY, |account| &account.pin);
        let unusable = |why: String| TillError::BadSetting { kind: "user", key: user.into(), why };
        let verifier = PasswordHash::new(verifier).map_err(|error| unusable(error.to_string()))?;
        let peppered = peppered(&self.pepper()?, pin);
        let is_right = Argon2::default().verify_password(&peppered, &verifier).is_ok();
        Ok(rights.filter(|_| is_right))
    }

    /// An active user with what the role allows.
    fn account(&self, user: &str) -> Result<Option<(settings::User, Rights)>, TillError> {
        let view = self.store.centre.view()?;
        let account: Option<settings::User> = view.read("user", user)?;
        let Some(account) = account.filter(|account| account.active) else { return Ok(None) };
        let role: Option<settings::Role> = view.read("role", &account.role)?;
        let names = role.map(|role| role.rights).unwrap_or_default();
        Ok(Some((account, Rights::of_names(names.iter().map(String::as_str)))))
    }

    /// Which users are live: the life of the back office and their generation.
    fn users_live(&self) -> (String, u64) {
        let live = self.store.centre.live(Section::Users.name());
        (live.epoch, live.generation)
    }

    /// How long a user must still wait. A pause is counted by the clock that nobody sets; the wall clock
    /// counts only where the phone was started again since, and never for more than the longest pause.
    fn wait_ms(&self, user: &str, lockout: Lockout) -> Result<i64, TillError> {
        let rim = &self.services.rim;
        let pause_ms = pause_ms(lockout.failed);
        if pause_ms == 0 {
            return Ok(0);
        }
        let begun_ms = lockout.monotonic_ms.filter(|begun_ms| *begun_ms <= rim.monotonic_ms());
        if let Some(begun_ms) = begun_ms {
            return Ok(pause_ms.saturating_sub(rim.monotonic_ms().saturating_sub(begun_ms)));
        }
        let wait_ms = lockout.until_ms.saturating_sub(rim.now_ms());
        if wait_ms <= pause_ms {
            return Ok(wait_ms);
        }
        // The wall clock was ahead when the pause began: it begins anew, by the clock of now.
        let until_ms = rim.now_ms().saturating_add(pause_ms);
        let anew = Lockout { until_ms, monotonic_ms: Some(rim.monotonic_ms()), ..lockout };
        self.store.journal.write(|journal| journal.set_lockout(user, anew))?;
        Ok(pause_ms)
    }

    /// Counts a wrong PIN before it is answered, so that a kill does not reset the count. The event names
    /// the user only if there is one: people type PINs where names belong.
    fn wrong_pin(&self, user: &str, before: Lockout) -> Result<TillError, TillError> {
        let failed = before.failed.saturating_add(1);
        let (rim, pause_ms) = (&self.services.rim, pause_ms(failed));
        let until_ms = if pause_ms > 0 { rim.now_ms().saturating_add(pause_ms) } else { 0 };
        let lockout = Lockout { failed, until_ms, monotonic_ms: Some(rim.monotonic_ms()) };
        let is_known = self.store.centre.view()?.find("user", user)?.is_some();
        let event = self.event(if is_known { user } else { "" }, "sign_in_failed", "")?;
        self.write(|journal, record| {
            journal.set_lockout(user, lockout)?;
            record(journal, event)
        })?;
        Ok(match TRIES.checked_sub(failed) {
            Some(tries_left) if tries_left > 0 => TillError::WrongPin { tries_left },
            _ => TillError::LockedOut { wait_s: pause_ms / 1000 },
        })
    }

    /// The business day of an instant: what is before the centre's cut-over belongs to the day before.
    pub(crate) fn business_day(&self, centre: &settings::Centre, at_ms: i64) -> String {
        let begins_ms = centre.day_begins.map_or(0, |begins| i64::from(begins.minutes()) * 60_000);
        // The offset is that of the instant itself, so that a change of summer time moves no day.
        let local_ms = at_ms.saturating_add(self.services.rim.utc_offset_ms(at_ms));
        day_time(local_ms.saturating_sub(begins_ms)).date().to_string()
    }

    /// Local date and time of an instant.
    pub(crate) fn local(&self, at_ms: i64) -> jiff::civil::DateTime {
        day_time(at_ms.saturating_add(self.services.rim.utc_offset_ms(at_ms)))
    }
}

/// Date and time of local milliseconds.
pub(crate) fn day_time(local_ms: i64) -> jiff::civil::DateTime {
    let at = jiff::Timestamp::from_millisecond(local_ms).unwrap_or_default();
    jiff::tz::Offset::UTC.to_datetime(at)
}

/// The pause after so many wrong PINs in a row, milliseconds; 0 while there are tries left.
fn pause_ms(failed: u32) -> i64 {
    let [_, _, longest] = PAUSES_MIN;
    let over = failed.checked_sub(TRIES);
    over.map_or(0, |over| PAUSES_MIN.get(over as usize).unwrap_or(&longest) * 60_000)
}

/// HMAC-SHA-256 (RFC 2104) of a PIN under the centre's pepper: what argon2id is taken of.
pub(crate) fn peppered(pepper: &[u8], pin: &str) -> [u8; 32] {
    use hmac::{KeyInit, Mac};
    // HMAC takes keys of any length, so the fallback is never taken.
    let keyed = hmac::Hmac::<sha2::Sha256>::new_from_slice(pepper);
    let mut mac = keyed.unwrap_or_else(|_| hmac::Hmac::new(&Default::default()));
    mac.update(pin.as_bytes());
    mac.finalize().into_bytes().into()
}

/// What a sale reads of the centre, beyond rows.
pub(crate) trait Settings {
    fn centre(&self) -> Result<settings::Centre, TillError>;
    fn terms(&self) -> Result<domain::Terms, TillError>;
    fn cash_rounding(&self, currency: domain::Currency) -> Result<Option<domain::CashRounding>, TillError>;
    fn warehouse(&self) -> Result<String, TillError>;
    fn tender(&self, key: &str) -> Result<settings::Tender, TillError>;
    fn numerator(&self, kind: Kind) -> Result<Numerator, TillError>;
    fn vat_rate(&self, key: &str) -> Result<domain::VatRate, TillError>;
    fn rate(&self, currency: domain::Currency, day: &str) -> Result<domain::Rate, TillError>;
}

impl Settings for View<'_> {
    fn centre(&self) -> Result<settings::Centre, TillError> {
        first(self, "centre")
    }

    fn cash_rounding(&self, currency: domain::Currency) -> Result<Option<domain::CashRounding>, TillError> {
        let setting: Option<settings::CurrencySetting> = self.read("currency", currency.code())?;
        Ok(setting.and_then(|setting| setting.rounding()))
    }

    fn terms(&self) -> Result<domain::Terms, TillError> {
        let centre = self.centre()?;
        let is_change = |tender: &settings::Tender| {
            tender.kind == domain::TenderKind::Cash && tender.currency == centre.currency
        };
        let mut change_tender = None;
        each(self, "tender", |found| {
            if change_tender.is_none() && is_change(&found.read()?) {
                change_tender = Some(found.key.clone());
            }
            Ok(())
        })?;
        Ok(domain::Terms {
            currency: centre.currency,
            vat_mode: centre.vat_mode,
            cash_rounding: self.cash_rounding(centre.currency)?,
            change_tender,
            tax_point: centre.tax_point,
        })
    }

    fn warehouse(&self) -> Result<String, TillError> {
        Ok(self.centre()?.warehouse.unwrap_or_default())
    }

    fn tender(&self, key: &str) -> Result<settings::Tender, TillError> {
        self.read("tender", key)?.ok_or_else(|| TillError::Unknown { what: "tender", key: key.into() })
    }

    fn numerator(&self, kind: Kind) -> Result<Numerator, TillError> {
        let own = self.read::<settings::Numerator>("numerator", kind.name())?;
        let (name, setting) = match own {
            Some(setting) => (kind.name(), setting),
            None => {
                let common = self.read("numerator", "*")?;
                (
                    "*",
                    common
                        .ok_or_else(|| TillError::Unknown { what: "numerator", key: kind.name().into() })?,
                )
            }
        };
        let pattern = domain::Numerator::parse(&setting.pattern).map_err(|error| TillError::BadSetting {
            kind: "numerator",
            key: name.into(),
            why: error.to_string(),
        })?;
        Ok(Numerator { name: name.into(), pattern })
    }

    fn vat_rate(&self, key: &str) -> Result<domain::VatRate, TillError> {
        let rate: Option<settings::VatRate> = self.read("vat_rate", key)?;
        let rate = rate.ok_or_else(|| TillError::Unknown { what: "vat_rate", key: key.into() })?;
        Ok(domain::VatRate { id: key.into(), percent: rate.percent, category: rate.category })
    }

    /// The rate of the day; where the day has none the last before, else the first after.
    fn rate(&self, currency: domain::Currency, day: &str) -> Result<domain::Rate, TillError> {
        let mut rates: BTreeMap<String, domain::Rate> = BTreeMap::new();
        each(self, "exchange_rate", |found| {
            let rate: settings::ExchangeRate = found.read()?;
            if rate.currency == currency {
                rates.insert(rate.from_day, rate.rate);
            }
            Ok(())
        })?;
        let last_before = rates.range(..=day.to_string()).next_back();
        let found = last_before.or_else(|| rates.first_key_value()).map(|(_, rate)| *rate);
        found.ok_or_else(|| TillError::NoRate { currency: currency.code().into(), day: day.into() })
    }
}

/// The currency that a drawer holds: the tender's, or, of the home currency's, also the one that has ended, until
/// it is in the bank.
pub(crate) fn drawer_currency(
    tender: &settings::Tender,
    centre: &settings::Centre,
    held: domain::Currency,
) -> domain::Currency {
    let has_ended = centre.changeover.as_ref().is_some_and(|changeover| changeover.from == held);
    if has_ended && tender.currency == centre.currency { held } else { tender.currency }
}

/// Every row of a kind, in the order of their keys.
pub(crate) fn each(
    view: &View,
    kind: &'static str,
    mut take: impl FnMut(&Found) -> Result<(), TillError>,
) -> Result<(), TillError> {
    const PAGE: usize = 500;
    let mut after: Option<String> = None;
    loop {
        let page = view.list(kind, after.as_deref(), PAGE)?;
        page.iter().try_for_each(&mut take)?;
        match page.last().filter(|_| page.len() >= PAGE) {
            Some(last) => after = Some(last.key.clone()),
            None => return Ok(()),
        }
    }
}

/// The one row of a kind that has one.
pub(crate) fn first<T: serde::de::DeserializeOwned>(view: &View, kind: &'static str) -> Result<T, TillError> {
    let found = view.list(kind, None, 1)?;
    let found = found.first().ok_or_else(|| TillError::Unknown { what: kind, key: String::new() })?;
    Ok(found.read()?)
}
