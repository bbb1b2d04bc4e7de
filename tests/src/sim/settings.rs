//! The settings of the model's centre, and what its owner changes in them.

use std::{collections::BTreeMap, sync::OnceLock};

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version, password_hash::phc::PasswordHash as Phc};
use hmac::{KeyInit, Mac};
use serde_json::{Value, json};
use tillkit_protocol::{Hash, Section, canonical, settings::PromotionItem};

use super::{
    centre::{CENTRES, warehouse_of},
    dice::Dice,
};

/// Rows of one section: (kind, key) → body as published.
pub type Rows = BTreeMap<(String, String), Vec<u8>>;
/// Rows by the name of their section.
pub type Sections = BTreeMap<String, Rows>;

/// Who sells, and how she signs in.
pub const USER: (&str, &str) = ("anna", "1234");
/// Keys of items are `i00` and so on; there are never more than this.
pub const MOST_ITEMS: u64 = 40;
/// Items that are deposits.
pub const BOTTLES: [u64; 2] = [7, 21];
/// Every so many-th item is sold by its weight.
pub const WEIGHED: u64 = 5;
/// A section that this version of the till does not know.
const UNKNOWN_SECTION: &str = "holograms";

/// What people call a centre.
pub fn name_of(centre: &str) -> &'static str {
    if centre == CENTRES[1] { "Corner" } else { "High Street" }
}

/// The centre's pepper.
pub const PEPPER: [u8; 32] = [7; 32];

/// Writes a row.
pub fn put(sections: &mut Sections, kind: &str, key: &str, body: &Value) {
    let section = Section::of_kind(kind).map_or(UNKNOWN_SECTION, Section::name);
    let line = canonical::to_line(body).expect("a body without floats");
    sections.entry(section.into()).or_default().insert((kind.into(), key.into()), line);
}

fn get(sections: &Sections, kind: &str, key: &str) -> Option<Value> {
    let section = Section::of_kind(kind)?;
    let body = sections.get(section.name())?.get(&(kind.into(), key.into()))?;
    serde_json::from_slice(body).ok()
}

/// What the centre begins with.
pub fn first(centre: &str, dice: &mut Dice) -> Sections {
    let mut all = Sections::new();
    for section in Section::down() {
        all.entry(section.name().into()).or_default();
    }
    let fixed = [
        ("unit", "pc", json!({"name": "pc", "code": "C62"})),
        ("unit", "kg", json!({"name": "kg", "code": "KGM", "decimals": 3})),
        ("warehouse", "main", json!({"name": "Shop"})),
        ("warehouse", "back", json!({"name": "Back room"})),
        ("vat_rate", "std", json!({"name": "Standard", "percent": "17.5", "category": "S"})),
        ("vat_rate", "low", json!({"name": "Reduced", "percent": "5", "category": "S"})),
        ("vat_rate", "zero", json!({"name": "Zero", "percent": "0", "category": "Z"})),
        ("tender", "card", json!({"name": "Card", "kind": "card", "currency": "GBP"})),
        ("tender", "cash", json!({"name": "Cash", "kind": "cash", "currency": "GBP", "gives_change": true})),
        (
            "tender",
            "euros",
            json!({"name": "Euros", "kind": "cash", "currency": "EUR", "gives_change": true}),
        ),
        ("tender", "credit", json!({"name": "On account", "kind": "customer_credit", "currency": "GBP"})),
        ("tender", "voucher", json!({"name": "Voucher", "kind": "voucher", "currency": "GBP"})),
        ("currency", "GBP", json!({"name": "Pound"})),
        ("currency", "EUR", json!({"name": "Euro"})),
        ("exchange_rate", "EUR/1", json!({"currency": "EUR", "rate": "0.8446", "from_day": "2010-12-01"})),
        ("role", "manager", json!({"name": "Manager", "rights": ["*"]})),
        ("user", USER.0, json!({"name": "Anna", "role": "manager", "pin": verifier()})),
        ("numerator", "*", json!({"pattern": "{series}-{number:6}"})),
        ("numerator", "closure", json!({"pattern": "Z{series}-{number}"})),
        (
            "receipt_layout",
            "main",
            json!({"header": ["High Street"], "footer": ["Thank you"], "offline_note": "Made offline"}),
        ),
        ("audit_plan", "all", json!({"name": "Everything", "warehouse": "main"})),
        ("hologram", "h", json!({"colour": "blue"})),
    ];
    for (kind, key, body) in &fixed {
        put(&mut all, kind, key, body);
    }
    let row = json!({"name": name_of(centre), "currency": "GBP", "warehouse": warehouse_of(centre)});
    put(&mut all, "centre", centre, &row);
    vat_mode(&mut all, dice);
    cash_steps(&mut all, dice);
    policy(&mut all, dice);
    for n in 0..20 {
        item(&mut all, n, dice);
    }
    for n in 0..6 {
        put(
            &mut all,
            "customer",
            &format!("c{n}"),
            &json!({"name": format!("Customer {n}"), "credit": n % 2 == 0}),
        );
        promotion(&mut all, n, dice);
        put(&mut all, "attribute_value", &format!("a{n}"), &json!({"item": format!("i{n:02}"), "value": n}));
        put(&mut all, "appointment", &format!("t{n}"), &json!({"customer": format!("c{n}")}));
    }
    all
}

fn item(all: &mut Sections, n: u64, dice: &mut Dice) {
    let (vat, price) = (dice.pick(&["std", "std", "low", "zero"]), price(dice));
    let unit = if n.is_multiple_of(WEIGHED) { "kg" } else { "pc" };
    let mut body = json!({"name": format!("Item {n}"), "codes": [format!("{}", 1000 + n)], "unit": unit, "vat": vat, "price": price});
    if BOTTLES.contains(&n) {
        body["deposit"] = json!(true);
    }
    put(all, "item", &format!("i{n:02}"), &body);
}

/// The centre's own row.
fn edit_centre(all: &mut Sections, change: impl FnOnce(&mut Value)) {
    let mut rows = all.get(Section::Centre.name()).into_iter().flatten();
    let row = rows.find(|((kind, _), _)| kind == "centre");
    let Some((key, mut body)) =
        row.and_then(|((_, key), body)| Some((key.clone(), serde_json::from_slice(body).ok()?)))
    else {
        return;
    };
    change(&mut body);
    put(all, "centre", &key, &body);
}

fn vat_mode(all: &mut Sections, dice: &mut Dice) {
    let vat_mode = dice.pick(&["included", "included", "excluded"]);
    edit_centre(all, |centre| centre["vat_mode"] = json!(vat_mode));
}

/// The country changes its currency, for good: the drawer of euros is the main one from now on.
fn currency_ends(all: &mut Sections) {
    edit_centre(all, |centre| {
        centre["currency"] = json!("EUR");
        centre["changeover"] = json!({"from": "GBP", "rate": "0.8446"});
    });
    for tender in ["card", "credit", "voucher"] {
        if let Some(mut body) = get(all, "tender", tender) {
            body["currency"] = json!("EUR");
            put(all, "tender", tender, &body);
        }
    }
}

fn cash_steps(all: &mut Sections, dice: &mut Dice) {
    for (currency, name) in [("GBP", "Pound"), ("EUR", "Euro")] {
        let step = dice.pick(&[1, 1, 5, 10]);
        put(all, "currency", currency, &json!({"name": name, "cash_step_minor": step}));
    }
}

fn promotion(all: &mut Sections, n: u64, dice: &mut Dice) {
    let (key, item) = (format!("p{n}"), format!("i{:02}", dice.of(0..20)));
    let gives = match dice.below(8) {
        0 => json!({"amount_off": format!("0.{:02}", dice.of(1..100))}),
        1 => json!({"fixed_price": price(dice)}),
        2 => json!({"n_for_m": {"n": 3, "m": 2}}),
        3 => json!({"amount_off_once_minor": dice.of(1..5_00)}),
        _ => json!({"percent_off": format!("{}", dice.of(1..30))}),
    };
    put(
        all,
        "promotion",
        &key,
        &json!({"name": format!("Offer {n}"), "gives": gives, "combines": n.is_multiple_of(2)}),
    );
    let row = json!({"promotion": key, "item": item});
    put(all, "promotion_item", &PromotionItem::key_of_item(&key, &item), &row);
}

fn price(dice: &mut Dice) -> String {
    format!("{}.{:02}", dice.of(0..40), dice.of(1..100))
}

fn policy(all: &mut Sections, dice: &mut Dice) {
    let apply = dice.pick(&["confirm", "automatic", "automatic", "opening"]);
    let send = dice.weighted(&[(4, "automatic"), (1, "by_hand")]);
    let keep_days = dice.pick(&[3, 5, 90]);
    put(
        all,
        "policy",
        "main",
        &json!({"apply": apply, "send": send, "keep_days": keep_days, "schedule_minutes": 15}),
    );
}

/// Changes something here and there; returns in a word what.
pub fn edit(all: &mut Sections, dice: &mut Dice) -> &'static str {
    let what = dice.weighted(&[
        (6, "prices"),
        (3, "new item"),
        (2, "item retired"),
        (1, "item deleted"),
        (3, "VAT"),
        (1, "VAT mode"),
        (1, "currency"),
        (1, "cash steps"),
        (1, "tender names"),
        (2, "promotions"),
        (1, "attributes"),
        (1, "rates"),
        (1, "numerators"),
        (1, "layout"),
        (1, "policy"),
        (1, "users"),
        (1, "all prices"),
        (1, "image"),
        (1, "unknown section"),
        (1, "nothing"),
    ]);
    let any_item = dice.of(0..MOST_ITEMS);
    match what {
        "prices" => (0..dice.of(1..6)).for_each(|_| reprice(all, dice.of(0..MOST_ITEMS), dice)),
        "all prices" => (0..MOST_ITEMS).for_each(|n| reprice(all, n, dice)),
        "new item" => item(all, any_item, dice),
        "item retired" => {
            if let Some(mut body) = get(all, "item", &format!("i{any_item:02}")) {
                body["active"] = json!(false);
                put(all, "item", &format!("i{any_item:02}"), &body);
            }
        }
        "item deleted" => {
            let rows = all.entry("items".into()).or_default();
            rows.remove(&("item".to_string(), format!("i{any_item:02}")));
        }
        "VAT mode" => vat_mode(all, dice),
        // In a third of the worlds, or so.
        "currency" if dice.permille(400) => currency_ends(all),
        "cash steps" => cash_steps(all, dice),
        "tender names" => {
            let key = dice.pick(&["card", "cash", "credit", "euros", "voucher"]);
            if let Some(mut body) = get(all, "tender", key) {
                body["name"] = json!(format!("{key} {}", dice.of(0..99)));
                put(all, "tender", key, &body);
            }
        }
        "VAT" => {
            let percent = dice.pick(&["17.5", "20", "15"]);
            put(all, "vat_rate", "std", &json!({"name": "Standard", "percent": percent, "category": "S"}));
            let rate = format!("r{}", dice.of(0..3));
            put(all, "vat_rate", &rate, &json!({"name": rate, "percent": "8", "category": "S"}));
            let key = format!("i{any_item:02}");
            if let Some(mut body) = get(all, "item", &key) {
                body["vat"] = json!(rate);
                put(all, "item", &key, &body);
            }
        }
        "promotions" | "attributes" => {
            let kind = if what == "promotions" { "promotion" } else { "attribute_value" };
            let n = dice.of(0..9);
            let rows = all.entry(what.into()).or_default();
            if rows.remove(&(kind.to_string(), format!("p{n}"))).is_some() {
                return what;
            }
            if what == "promotions" {
                promotion(all, n, dice);
            } else {
                put(all, kind, &format!("p{n}"), &json!({"item": format!("i{any_item:02}"), "value": n}));
            }
        }
        "rates" => {
            let rate = format!("0.{}", dice.of(8000..9000));
            put(
                all,
                "exchange_rate",
                "EUR/1",
                &json!({"currency": "EUR", "rate": rate, "from_day": "2010-12-01"}),
            );
        }
        "numerators" => {
            let pattern = dice.pick(&["{series}-{number:6}", "{series}/{number:5}"]);
            put(all, "numerator", "*", &json!({"pattern": pattern}));
        }
        "layout" => {
            let (header, footer) =
                (format!("High Street {}", dice.of(0..99)), format!("Thank you {}", dice.of(0..99)));
            put(all, "receipt_layout", "main", &json!({"header": [header], "footer": [footer]}));
        }
        "policy" => policy(all, dice),
        "users" => put(
            all,
            "user",
            "bob",
            &json!({"name": format!("Bob {}", dice.of(0..9)), "role": "manager", "pin": verifier()}),
        ),
        "image" => {
            let picture = picture(dice.of(0..20));
            put(
                all,
                "image",
                &format!("g{}", dice.of(0..3)),
                &json!({"bytes": picture.len(), "media_type": "image/png", "sha256": Hash::of(&picture).to_string()}),
            );
        }
        "unknown section" => put(all, "hologram", "h", &json!({"colour": dice.of(0..99)})),
        _ => {}
    }
    what
}

fn reprice(all: &mut Sections, n: u64, dice: &mut Dice) {
    let key = format!("i{n:02}");
    if let Some(mut body) = get(all, "item", &key) {
        body["price"] = json!(price(dice));
        put(all, "item", &key, &body);
    }
}

/// One of the pictures there are.
pub fn picture(n: u64) -> Vec<u8> {
    let mut dice = Dice::new(n, "picture");
    let mut bytes = vec![0; 2_000];
    dice.fill(&mut bytes);
    bytes[..8].copy_from_slice(b"\x89PNG\r\n\x1a\n");
    bytes
}

/// Of the PIN, with parameters that cost nothing: the model has no secrets.
fn verifier() -> &'static str {
    static VERIFIER: OnceLock<String> = OnceLock::new();
    VERIFIER.get_or_init(|| {
        let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(&PEPPER).expect("any key will do");
        mac.update(USER.1.as_bytes());
        let keyed = mac.finalize().into_bytes();
        let params = Params::new(8, 1, 1, None).expect("the least there is");
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let phc: Phc = argon2.hash_password_with_salt(&keyed, &[7; 16]).expect("a salt of 16 bytes");
        phc.to_string()
    })
}
