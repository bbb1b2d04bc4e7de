//! Golden vectors: what any implementation in any language must produce, byte for byte.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};
use tillkit::screens::{LineState, RedButton, RowState, Sample, SyncScreen};
use tillkit_protocol::{
    DocumentLine, Hash, KindDigest, Manifest, Record, canonical,
    keys::{PrivateKey, PublicKey},
};

fn vectors(name: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors").join(name);
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap()
}

fn seed(case: &Value) -> [u8; 32] {
    let byte = u8::try_from(case["seed_byte"].as_u64().unwrap()).unwrap();
    [byte; 32]
}

#[test]
fn canonical_lines_are_these() {
    let vectors = vectors("canonical.json");
    for case in vectors["lines"].as_array().unwrap() {
        let line = canonical::to_line(&case["value"]).unwrap();
        assert_eq!(String::from_utf8(line).unwrap(), text(case, "line"));
    }
    for case in vectors["refused"].as_array().unwrap() {
        let refused = canonical::check(text(case, "line").as_bytes()).unwrap_err();
        assert_eq!((refused.what, refused.at as u64), (text(case, "what"), case["at"].as_u64().unwrap()));
    }
}

#[test]
fn digests_are_these() {
    for case in vectors("digests.json").as_array().unwrap() {
        let mut digest = KindDigest::default();
        for row in case["rows"].as_array().unwrap() {
            digest.add(text(row, "kind"), text(row, "key"), text(row, "body").as_bytes());
        }
        assert_eq!(serde_json::to_value(digest).unwrap(), case["digest"]);
    }
}

#[test]
fn documents_are_signed_like_this() {
    for case in vectors("documents.json").as_array().unwrap() {
        let key = PrivateKey::from_seed(&seed(case));
        let line: DocumentLine = serde_json::from_value(case["document"].clone()).unwrap();
        let record = Record::sign(&line, &key).unwrap();
        assert_eq!(key.public().to_string(), text(case, "public_key"));
        assert_eq!(record.hash, Hash::parse(text(case, "hash")).unwrap());
        assert_eq!(String::from_utf8(record.to_bytes()).unwrap(), text(case, "record"));
        let arrived = Record::parse(text(case, "record").as_bytes()).unwrap();
        assert!(arrived.is_signed_by(&PublicKey::parse(text(case, "public_key")).unwrap()));
    }
}

#[test]
fn manifests_are_signed_like_this() {
    for case in vectors("manifests.json").as_array().unwrap() {
        let key = PrivateKey::from_seed(&seed(case));
        let manifest: Manifest = serde_json::from_value(case["manifest"].clone()).unwrap();
        let signed = manifest.sign(&key).unwrap();
        assert_eq!(std::str::from_utf8(&signed).unwrap(), text(case, "signed"));
        assert_eq!(Manifest::id(&signed).to_string(), text(case, "id"));
        assert_eq!(Manifest::verify(&signed, &key.public(), &manifest.centre).unwrap(), manifest);
    }
}

#[test]
fn amounts_are_read_and_split_like_this() {
    use tillkit::{Currency, Money};
    use tillkit_domain::AmountError;
    let read = |case: &Value| {
        let currency = Currency::parse(text(case, "currency")).ok_or(Value::Null)?;
        Money::read(text(case, "text"), text(case, "locale"), currency).map_err(|error| match error {
            AmountError::TwoReadings { grouped, decimal, .. } => json!([grouped.shown, decimal.shown]),
            _ => Value::Null,
        })
    };
    let vectors = vectors("money.json");
    for case in vectors["parse"].as_array().unwrap() {
        let amount = read(case).unwrap();
        let decimals = u64::from(amount.currency.exponent());
        assert_eq!((json!(amount.minor), json!(decimals)), (case["minor"].clone(), case["decimals"].clone()));
    }
    for case in vectors["refused"].as_array().unwrap() {
        assert_eq!(read(case), Err(case["readings"].clone()), "{case}");
    }
    let split = |case: &Value| {
        let weights: Vec<u64> = serde_json::from_value(case["weights"].clone()).unwrap();
        tillkit_domain::money::split_minor(case["minor"].as_i64().unwrap(), &weights)
    };
    for case in vectors["split"].as_array().unwrap() {
        assert_eq!(json!(split(case).unwrap()), case["parts"], "{case}");
    }
    for case in vectors["split_refused"].as_array().unwrap() {
        assert!(split(case).is_err(), "{case}");
    }
}

#[test]
fn cash_is_rounded_like_this() {
    use tillkit_domain::CashRounding;
    for case in vectors("rounding.json")["cash"].as_array().unwrap() {
        let step_minor = case["step_minor"].as_i64().unwrap();
        let rounding = CashRounding::nearest(step_minor);
        assert_eq!(json!(rounding.of(case["due_minor"].as_i64().unwrap())), case["rounding_minor"], "{case}");
    }
}

#[test]
fn vat_is_taken_like_this() {
    use tillkit_domain::{VatCategory, VatMode, VatRate, vat};
    for case in vectors("vat.json").as_array().unwrap() {
        let percent = text(case, "percent").parse().unwrap();
        let rate = VatRate { id: "r".into(), percent, category: VatCategory::S };
        let amounts: Vec<i64> = serde_json::from_value(case["amounts_minor"].clone()).unwrap();
        let mode = if case["included"] == true { VatMode::Included } else { VatMode::Excluded };
        let currency = tillkit::Currency::parse(text(case, "currency")).unwrap();
        let lines = vat::breakdown(amounts.iter().map(|minor| (&rate, *minor)), mode, currency).unwrap();
        let of = |part: fn(&vat::VatLine) -> i64| json!(lines.first().map_or(0, part));
        assert_eq!(of(|line| line.net_minor), case["net_minor"], "{case}");
        assert_eq!(of(|line| line.vat_minor), case["vat_minor"], "{case}");
        assert_eq!(of(|line| line.gross_minor), case["gross_minor"], "{case}");
    }
}

fn screens() -> Vec<Value> {
    Sample::ALL.iter().map(|(name, sample)| shown(name, &SyncScreen::sample(*sample))).collect()
}

/// The parts of a screen that every language must read alike.
fn shown(name: &str, screen: &SyncScreen) -> Value {
    let state = |state: RowState| match state {
        RowState::Never => "never",
        RowState::UpToDate => "up_to_date",
        RowState::Behind => "behind",
        RowState::Unsent => "unsent",
        RowState::Waiting => "waiting",
        RowState::Running => "running",
        RowState::Failed => "failed",
        RowState::Blocked => "blocked",
        RowState::NotUsed => "not_used",
    };
    let (line, line_code) = match &screen.line {
        LineState::Unknown => ("unknown", None),
        LineState::Online => ("online", None),
        LineState::Offline { trouble, .. } => ("offline", Some(trouble.code.clone())),
    };
    let (button, button_code) = match &screen.button {
        RedButton::Off { trouble } => ("off", Some(trouble.code.clone())),
        RedButton::Ready => ("ready", None),
        RedButton::Running => ("running", None),
    };
    let states = screen.rows.iter().map(|row| (row.section.clone(), json!(state(row.state))));
    json!({
        "sample": name,
        "can_sell": screen.can_sell,
        "missing": screen.missing.iter().map(|missing| &missing.section).collect::<Vec<_>>(),
        "line": line,
        "line_code": line_code,
        "unsent": screen.unsent.documents,
        "button": button,
        "button_code": button_code,
        "percent": screen.run.as_ref().map(|run| run.percent),
        "news": screen.news.as_ref().map(|news| news.generation),
        "states": states.collect::<serde_json::Map<_, _>>(),
    })
}

#[test]
fn screens_show_this() {
    assert_eq!(json!(screens()), vectors("screens.json"));
}

/// Writes the vectors anew. Only a new protocol version may change what is there.
#[test]
#[ignore = "writes tests/vectors"]
fn write_vectors() {
    let write = |name: &str, value: Value| {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors").join(name);
        fs::write(path, serde_json::to_string_pretty(&value).unwrap() + "\n").unwrap();
    };
    let values = [
        json!({"b": 1, "a": [true, null, "x"], "": {}}),
        json!({"z": -9_007_199_254_740_991_i64, "ž": "Žluťoučký", "Z": "\u{1F600}"}),
        json!({"text": "quote \" back \\ slash / tab \t feed \n bell \u{7} del \u{7f}"}),
        json!([[[[]]], {"a\nb": 0, "a\tb": 1}]),
    ];
    let lines = values.map(|value| {
        let line = String::from_utf8(canonical::to_line(&value).unwrap()).unwrap();
        json!({"value": value, "line": line})
    });
    let refused = [
        "{\"b\":1,\"a\":2}",
        "{\"a\":1,\"a\":1}",
        "{\"a\": 1}",
        "{\"a\":1.0}",
        "{\"a\":1e2}",
        "{\"a\":-0}",
        "{\"a\":9007199254740992}",
        "{\"a\":\"\\u0041\"}",
        "{\"a\":\"\\/\"}",
        "{}\n",
        "\u{feff}{}",
    ]
    .map(|line| {
        let error = canonical::check(line.as_bytes()).unwrap_err();
        json!({"line": line, "what": error.what, "at": error.at})
    });
    write("screens.json", json!(screens()));
    write("canonical.json", json!({"lines": lines, "refused": refused}));

    let rows = [
        ("item", "tea", "{\"name\":\"Tea\"}"),
        ("item", "ž/1", "{}"),
        ("vat_rate", "std", "{\"percent\":\"17.5\"}"),
    ];
    let digests = [&rows[..1], &rows[..2], &rows[1..]].map(|rows| {
        let mut digest = KindDigest::default();
        rows.iter().for_each(|(kind, key, body)| digest.add(kind, key, body.as_bytes()));
        let rows: Vec<Value> =
            rows.iter().map(|(kind, key, body)| json!({"kind": kind, "key": key, "body": body})).collect();
        json!({"rows": rows, "digest": digest})
    });
    write("digests.json", json!(digests));

    let document = |seq: u64, prev: Hash| {
        json!({
            "body": {"lines": [{"item": "tea", "quantity": "6", "unit_price": "2.55"}], "note": "Žluťoučký kůň"},
            "business_day": "2010-12-01", "centre": "main", "currency": "GBP", "enrolment": 1,
            "generations": {"directories": 1, "items": 3}, "kind": "sale", "monotonic_ms": 12, "number": format!("T1A-{seq:06}"),
            "offline": seq == 2, "prev": prev, "recorded_ms": 1_291_192_020_000_i64, "seq": seq, "series": "T1A",
            "server_offset_ms": -250, "till": "T1", "total_minor": 1530, "user": "anna", "v": 1,
        })
    };
    let key = PrivateKey::from_seed(&[7; 32]);
    let mut prev = Hash::NONE;
    let documents = [1, 2].map(|seq| {
        let value = document(seq, prev);
        let record = Record::sign(&serde_json::from_value::<DocumentLine>(value.clone()).unwrap(), &key).unwrap();
        prev = record.hash;
        let text = String::from_utf8(record.to_bytes()).unwrap();
        json!({"seed_byte": 7, "public_key": key.public(), "document": value, "hash": record.hash, "record": text})
    });
    write("documents.json", json!(documents));

    let blob = Hash::of(b"blob");
    let manifest = json!({
        "centre": "main", "epoch": "e1", "generation": 3, "published_ms": 1_291_190_400_000_i64,
        "sections": {"items": {
            "generation": 3,
            "kinds": {"item": digests[0]["digest"]},
            "snapshot": [{"bytes": 61, "first": "item/tea", "last": "item/tea", "rows": 1, "sha256": blob}],
            "steps": [{"bytes": 44, "from": 1, "rows": 1, "sha256": blob, "to": 3}],
        }},
    });
    let tenant = PrivateKey::from_seed(&[9; 32]);
    let signed = serde_json::from_value::<Manifest>(manifest.clone()).unwrap().sign(&tenant).unwrap();
    let id = Manifest::id(&signed);
    let signed = String::from_utf8(signed).unwrap();
    write("manifests.json", json!([{"seed_byte": 9, "manifest": manifest, "signed": signed, "id": id}]));
}
