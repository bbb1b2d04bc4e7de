//! Customers: the centre's, and those written down here that the centre does not know yet.
//!
//! A customer made here is usable at once. Its line holds only a key and a hash; the personal data
//! stand beside it and go up beside it, so that they can be erased without breaking the chain.

use tillkit_domain::{Right, text};
use tillkit_protocol::{
    Hash,
    bodies::{CustomerMade, CustomerPart},
    canonical,
    document::Kind,
    settings::{self, Customer},
};
use tillkit_store::{
    StoreError,
    centre::{Found, View, is_customer_of},
    journal::Part,
};

use crate::{Session, TillError, till::Core};

/// A customer, as shells show one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerView {
    /// Its key: what a sale or an order names.
    pub key: String,
    /// As shown and printed.
    pub name: String,
    /// To call.
    pub phone: String,
    /// For receipts and notices.
    pub email: String,
    /// Where to send things.
    pub address: String,
    /// VAT identification number.
    pub vat_id: String,
    /// Whether sales may be put on account.
    pub credit: bool,
    /// Whether it was made here, and the centre's row has not come yet.
    pub is_own: bool,
}

impl CustomerView {
    fn of_centre(key: String, customer: Customer) -> CustomerView {
        let Customer { name, phone, email, address, vat_id, credit, .. } = customer;
        CustomerView { key, name, phone, email, address, vat_id, credit, is_own: false }
    }

    fn of_own(part: &Part) -> Result<CustomerView, TillError> {
        let CustomerPart { name, phone, email, address, vat_id } =
            settings::read(&part.bytes).map_err(|error| StoreError::Unreadable {
                what: "a customer made here",
                why: error.to_string(),
            })?;
        let (key, credit, is_own) = (part.subject.clone(), false, true);
        Ok(CustomerView { key, name, phone, email, address, vat_id, credit, is_own })
    }
}

impl Session {
    /// Writes a customer down. When this returns, it is durable and can be sold to; the centre gets it
    /// with the next documents. Whoever may sell may do it: at the counter somebody wants an invoice.
    ///
    /// # Errors
    /// [`TillError::NoRight`] (`sell`), [`TillError::BadInput`] without a name, or with too long data.
    pub fn make_customer(&self, new: CustomerPart) -> Result<CustomerView, TillError> {
        self.check(Right::Sell)?;
        let part = trimmed(new);
        if part.name.is_empty() {
            return Err(TillError::bad_input("a customer", "the name is missing".into()));
        }
        let CustomerPart { address, email, name, phone, vat_id } = &part;
        text::check("the name of a customer", name, text::NAME_CHARS)?;
        text::check("an e-mail address", email, text::NAME_CHARS)?;
        text::check("a phone number", phone, text::NAME_CHARS)?;
        text::check("a VAT number", vat_id, text::NAME_CHARS)?;
        // An address has lines.
        text::check("an address", &address.replace('\n', " "), text::NOTE_CHARS)?;
        let bytes = canonical::to_line(&part).map_err(StoreError::from)?;
        let (key, part) = (self.core.new_customer_key(), Hash::of(&bytes));
        let document = self.draft(Kind::CustomerMade, CustomerMade { customer: key.clone(), part })?;
        self.write(|journal, record| {
            let recorded = record(journal, document)?;
            journal.add_part(&recorded, &key, &bytes)?;
            Ok(recorded)
        })?;
        CustomerView::of_own(&Part { subject: key, sha256: part, bytes, is_sent: false })
    }

    /// Customers with a word that begins with each of these, in name, phone or VAT number; all, if
    /// there are no words. Accents and case do not matter. At most about `limit`, after the customer of
    /// the key `after`; those made here come first.
    ///
    /// # Errors
    /// [`TillError::NoRight`] (`sell`), [`TillError::Store`].
    pub fn customers(
        &self,
        words: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<CustomerView>, TillError> {
        self.check(Right::Sell)?;
        let own = self.core.store.journal.parts(None)?;
        let view = self.core.store.centre.view()?;
        let mut page = Vec::new();
        let after_own = after.filter(|key| own.iter().any(|part| part.subject == **key));
        let after_own = match after_own {
            Some(key) if view.find("customer", key)?.is_none() => Some(key),
            _ => None,
        };
        if after.is_none() || after_own.is_some() {
            // By key, as they are read.
            for part in own.iter().filter(|part| after_own.is_none_or(|after| part.subject.as_str() > after))
            {
                let is_here = view.find("customer", &part.subject)?.is_some();
                if page.len() < limit && !is_here && is_customer_of(&part.bytes, words)? {
                    page.push(CustomerView::of_own(part)?);
                }
            }
        }
        let after = after.filter(|_| after_own.is_none());
        if page.len() < limit {
            let left = limit - page.len();
            let found = match words.trim().is_empty() {
                true => view.list("customer", after, left)?,
                false => view.search_customers(words, after, left)?,
            };
            for found in found {
                page.extend(hit(&view, found, words, &page)?);
            }
        }
        Ok(page)
    }

    /// A customer by key; one that has become part of another is that other.
    ///
    /// # Errors
    /// [`TillError::NoRight`] (`sell`), [`TillError::Unknown`].
    pub fn customer(&self, key: &str) -> Result<CustomerView, TillError> {
        self.check(Right::Sell)?;
        self.core.known_customer(key)
    }
}

/// What a list shows for a row: in a list of all, one that was merged stands at its new place; in a
/// search it is found by its old name, and shown once.
fn hit(
    view: &View,
    found: Found,
    words: &str,
    page: &[CustomerView],
) -> Result<Option<CustomerView>, TillError> {
    let customer: Customer = found.read()?;
    if customer.merged_into.is_some() && words.trim().is_empty() {
        return Ok(None);
    }
    let shown = followed(view, found.key, customer)?;
    Ok(Some(shown).filter(|shown| page.iter().all(|other| other.key != shown.key)))
}

/// The customer that this one has become part of in the end; itself, if that one is not here.
fn followed(view: &View, mut key: String, mut customer: Customer) -> Result<CustomerView, TillError> {
    /// Nobody merges that often; a circle ends here.
    const MERGES: usize = 16;
    for _ in 0..MERGES {
        let Some(into) = customer.merged_into.clone() else { break };
        let Some(next) = view.read::<Customer>("customer", &into)? else { break };
        (key, customer) = (into, next);
    }
    Ok(CustomerView::of_centre(key, customer))
}

impl Core {
    /// The customer of a key, the centre's or made here.
    pub(crate) fn known_customer(&self, key: &str) -> Result<CustomerView, TillError> {
        {
            let view = self.store.centre.view()?;
            if let Some(customer) = view.read::<Customer>("customer", key)? {
                return followed(&view, key.into(), customer);
            }
        }
        let own = self.store.journal.parts(Some(key))?;
        let own = own.first().ok_or_else(|| TillError::Unknown { what: "customer", key: key.into() })?;
        CustomerView::of_own(own)
    }

    /// 80 random bits in Crockford base32: no other till makes the same.
    fn new_customer_key(&self) -> String {
        const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let mut random = [0; 16];
        self.services.rim.random(&mut random);
        let letters = random.iter().map(|byte| char::from(LETTERS[usize::from(byte & 31)]));
        format!("c-{}", letters.collect::<String>())
    }
}

fn trimmed(part: CustomerPart) -> CustomerPart {
    let trim = |text: String| text.trim().to_string();
    CustomerPart {
        address: trim(text::with_line_feeds(&part.address)),
        email: trim(part.email),
        name: trim(part.name),
        phone: trim(part.phone),
        vat_id: trim(part.vat_id),
    }
}
