//! The rows of the sync screen, declared once.
//!
//! A section is what a cashier syncs with one tap; a kind is an object inside it. Sections that a
//! newer centre adds are kept under their name and shown as not used by this version, which is why
//! storage and wire speak of names and only deciding code of [`Section`].

use std::fmt;

/// Which way a section flows. There is no third way: nothing flows in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Configuration of a generation: comes down when the centre publishes.
    Down,
    /// Comes down with a version of its own, written as documents are processed.
    DownLive,
    /// Documents: go up.
    Up,
}

/// What is declared of a section.
#[derive(Debug)]
pub struct Spec {
    /// The name on the wire and in the store.
    pub name: &'static str,
    /// Which way it flows.
    pub flow: Flow,
    /// The kinds inside, in the order they are shown.
    pub kinds: &'static [&'static str],
    /// Sections that must be verified and swapped with it when they are behind.
    pub needs: &'static [Section],
    /// Whether a till cannot sell without it.
    pub to_sell: bool,
    /// Kinds a till may edit until the next sync.
    pub local_edits: &'static [&'static str],
}

macro_rules! sections {
    ($($variant:ident $name:literal $flow:ident [$($kind:literal)*] needs [$($needs:ident)*] $to_sell:literal edits [$($edit:literal)*] $doc:literal;)*) => {
        /// A row of the sync screen, in the order they are shown.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Section {
            $(#[doc = $doc] $variant,)*
        }

        impl Section {
            /// Every section, in the order of the sync screen.
            pub const ALL: &'static [Section] = &[$(Section::$variant,)*];

            /// What is declared of it.
            pub fn spec(self) -> &'static Spec {
                match self {
                    $(Section::$variant => &Spec {
                        name: $name,
                        flow: Flow::$flow,
                        kinds: &[$($kind,)*],
                        needs: &[$(Section::$needs,)*],
                        to_sell: $to_sell,
                        local_edits: &[$($edit,)*],
                    },)*
                }
            }
        }
    };
}

sections! {
    Directories "directories" Down ["unit" "warehouse" "price_type" "vat_rate" "tender" "vehicle" "travel_type" "currency" "discount_type" "global_price"] needs [] true edits [] "Units, warehouses, price types, VAT rates, tenders, currencies and their like.";
    Items "items" Down ["item" "item_unit" "item_code" "price" "group" "group_link"] needs [Directories] true edits ["item" "price"] "Item cards with codes, prices, units and groups.";
    Rates "rates" Down ["exchange_rate"] needs [Directories] false edits [] "The exchange-rate list.";
    Customers "customers" DownLive ["customer"] needs [Directories] false edits [] "Customers of the centre.";
    Promotions "promotions" Down ["promotion" "promotion_item"] needs [Items] false edits [] "Promotions and what they cover.";
    Users "users" Down ["user" "role"] needs [] true edits [] "Who may sign in, and what for.";
    Numerators "numerators" Down ["numerator"] needs [] true edits [] "How numbers of documents look.";
    Centre "centre" Down ["centre" "location" "receipt_layout" "device" "policy"] needs [] true edits ["receipt_layout"] "The centre itself: location, receipt, policy.";
    Attributes "attributes" Down ["attribute_definition" "attribute_value"] needs [Items] false edits [] "Additional information on items.";
    Appointments "appointments" DownLive ["appointment_type" "appointment_template" "appointment"] needs [Customers] false edits [] "Appointments, their types and templates.";
    Orders "orders" DownLive ["transfer_order" "sales_order" "invoice" "audit_plan"] needs [Items] false edits [] "Orders, invoices and audit plans of the back office.";
    Stock "stock" DownLive ["stock_level" "stock_counted"] needs [Items] false edits [] "Stock levels and which documents they contain.";
    Attachments "attachments" Down ["image"] needs [] false edits [] "Images, after everything else.";
    Sales "sales" Up ["sale" "return" "void"] needs [] false edits [] "Sales, returns and voids.";
    Closures "closures" Up ["closure"] needs [] false edits [] "Z closures.";
    Cash "cash" Up ["cash_movement"] needs [] false edits [] "Cash movements.";
    OrdersMade "orders_made" Up ["order"] needs [] false edits [] "Orders taken on this till.";
    CustomersMade "customers_made" Up ["customer_made"] needs [] false edits [] "Customers made on this till.";
    StockDocuments "stock_documents" Up ["goods_receipt" "goods_return" "transfer" "count" "write_off"] needs [] false edits [] "Goods receipts, returns, transfers, counts and write-offs.";
    Events "events" Up ["event"] needs [] false edits [] "Log-ins and uses of special rights; not in the badge.";
}

impl Section {
    /// The name on the wire and in the store.
    pub fn name(self) -> &'static str {
        self.spec().name
    }

    /// The section of that name; `None` for one that a newer centre has added.
    pub fn of_name(name: &str) -> Option<Section> {
        Section::ALL.iter().copied().find(|section| section.name() == name)
    }

    /// The section a kind belongs to.
    ///
    /// ```
    /// # use tillkit_protocol::Section;
    /// assert_eq!(Section::of_kind("vat_rate"), Some(Section::Directories));
    /// assert_eq!(Section::of_kind("hologram"), None);
    /// ```
    pub fn of_kind(kind: &str) -> Option<Section> {
        Section::ALL.iter().copied().find(|section| section.spec().kinds.contains(&kind))
    }

    /// Whether it comes down.
    pub fn is_down(self) -> bool {
        self.spec().flow != Flow::Up
    }

    /// The sections that come down.
    pub fn down() -> impl Iterator<Item = Section> {
        Section::ALL.iter().copied().filter(|section| section.is_down())
    }

    /// The sections that go up.
    pub fn up() -> impl Iterator<Item = Section> {
        Section::ALL.iter().copied().filter(|section| !section.is_down())
    }
}

impl fmt::Display for Section {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_kind_stands_in_one_section_and_a_name_for_one() {
        let kinds: Vec<_> = Section::ALL.iter().flat_map(|section| section.spec().kinds).collect();
        assert_eq!(kinds.len(), kinds.iter().collect::<BTreeSet<_>>().len());
        for section in Section::ALL {
            assert_eq!(Section::of_name(section.name()), Some(*section));
        }
    }

    #[test]
    fn needs_point_to_earlier_sections_that_come_down() {
        for section in Section::ALL {
            for need in section.spec().needs {
                assert!(need < section && need.is_down(), "{section} needs {need}");
            }
        }
    }

    #[test]
    fn local_edits_never_touch_vat_tenders_users_or_numerators() {
        let edited: BTreeSet<_> =
            Section::ALL.iter().flat_map(|section| section.spec().local_edits).collect();
        assert_eq!(edited, BTreeSet::from([&"item", &"price", &"receipt_layout"]));
    }
}
