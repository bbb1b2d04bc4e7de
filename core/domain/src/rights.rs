//! What a role may do. Checked in the core's verbs, never in a shell (I19).

use std::{collections::BTreeSet, fmt};

macro_rules! rights {
    ($($variant:ident $name:literal $doc:literal;)*) => {
        /// A right; closed, because each is checked somewhere.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Right {
            $(#[doc = $doc] $variant,)*
        }

        impl Right {
            /// Every right.
            pub const ALL: &'static [Right] = &[$(Right::$variant,)*];

            /// The name in a role.
            pub fn name(self) -> &'static str {
                match self { $(Right::$variant => $name,)* }
            }
        }
    };
}

rights! {
    Sell "sell" "Sell, hold, recall.";
    Discount "discount" "Take something off.";
    PriceOverride "price_override" "Sell at another price, or with another VAT rate.";
    Return "return" "Take goods back.";
    ReturnWithoutSale "return_without_sale" "Take goods back whose sale is not named.";
    CashRefund "cash_refund" "Pay back in cash what a card or a voucher paid.";
    Void "void" "Reverse a completed document.";
    CashMovement "cash_movement" "Move cash without a sale.";
    Closure "closure" "Close the period.";
    Stock "stock" "Receive, write off, transfer and count goods.";
    DataExchange "data_exchange" "Receive configuration by hand.";
    ChangeCentre "change_centre" "Choose another centre.";
    Export "export" "Export documents to a file.";
    Enrol "enrol" "Enrol this phone again.";
    LocalEdit "local_edit" "Edit settings until the next sync.";
}

impl fmt::Display for Right {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// The rights of a role.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rights(BTreeSet<Right>);

impl Rights {
    /// Of these names; those this version does not know grant nothing, `*` grants all, and a minus in
    /// front takes one away. `data_exchange` is on by default: a role is without it only by
    /// `-data_exchange`.
    ///
    /// ```
    /// # use tillkit_domain::{Right, Rights};
    /// let rights = Rights::of_names(["sell", "teleport"]);
    /// assert!(rights.has(Right::Sell) && rights.has(Right::DataExchange) && !rights.has(Right::Void));
    /// assert!(!Rights::of_names(["*", "-data_exchange"]).has(Right::DataExchange));
    /// ```
    pub fn of_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Rights {
        let (mut rights, mut withheld) = (BTreeSet::from([Right::DataExchange]), BTreeSet::<Right>::new());
        for name in names {
            let (name, into) = match name.strip_prefix('-') {
                Some(name) => (name, &mut withheld),
                None => (name, &mut rights),
            };
            into.extend(Right::ALL.iter().filter(|right| name == "*" || right.name() == name));
        }
        rights.retain(|right| !withheld.contains(right));
        Rights(rights)
    }

    /// Whether a right is among them.
    pub fn has(&self, right: Right) -> bool {
        self.0.contains(&right)
    }
}
