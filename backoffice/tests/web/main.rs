//! The web administration: who may see and do what, and what the page says. The page itself, in a
//! browser, is in `browser.rs`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod browser;
#[path = "../common/mod.rs"]
mod common;

use std::time::Duration;

use common::{CENTRE, Office, PASSWORD, cookie_of, item, row, sale_body};
use futures_util::StreamExt;
use reqwest::{Method, Response};
use serde_json::json;

const HOUR_MS: i64 = 60 * 60_000;

async fn with_a_centre() -> (Office, String) {
    let office = Office::open().await;
    office.publish_centre().await;
    let cookie = office.sign_in("owner", PASSWORD).await;
    (office, cookie)
}

async fn typed_wrong(office: &Office, form: &str) -> (u16, String) {
    let answer = office.post_form("", "/web/sign-in", form).await;
    assert!(answer.headers().get("set-cookie").is_none());
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// What a page says of an item: from its row's start to its end.
fn row_of(page: &str, name: &str) -> String {
    let at = page.find(name).unwrap_or_else(|| panic!("no {name} in {page}"));
    let (start, end) = (page[..at].rfind("<tr").unwrap(), at + page[at..].find("</tr>").unwrap());
    page[start..end].to_string()
}

#[tokio::test]
async fn signing_in_gives_a_cookie_that_scripts_and_other_sites_cannot_use() {
    let office = Office::open().await;
    let form = format!("name=Owner&password={}", PASSWORD.replace(' ', "+"));
    let answer = office.post_form("", "/web/sign-in", &form).await;

    let set = answer.headers()["set-cookie"].to_str().unwrap().to_string();
    for flag in ["; HttpOnly", "; SameSite=Strict", "; Path=/", "; Max-Age=43200"] {
        assert!(set.contains(flag), "{set}");
    }
    assert!(!set.contains("Secure"), "it was reached without TLS: {set}");
    let token = cookie_of(&answer).split_once('=').unwrap().1.to_string();
    assert_eq!(token.len(), 43, "256 random bits in base64");
    assert!(office.page(&cookie_of(&answer), "/").await.contains("Sign out"));
    let behind_tls = office.request(Method::POST, "/web/sign-in").header("x-forwarded-proto", "https");
    let behind_tls = behind_tls.header("sec-fetch-site", "same-origin").body(form);
    let behind_tls = behind_tls.header("content-type", "application/x-www-form-urlencoded");
    let set = behind_tls.send().await.unwrap().headers()["set-cookie"].to_str().unwrap().to_string();
    assert!(set.ends_with("; Secure"), "{set}");
    let kept = std::fs::read(office.folder.path().join("office.db-wal")).unwrap();
    let holds = |needle: &str| kept.windows(needle.len()).any(|window| window == needle.as_bytes());
    assert!(holds("$argon2id$"), "the log holds the account");
    assert!(!holds(&token) && !holds(PASSWORD), "neither token nor password is kept");
}

#[tokio::test]
async fn a_wrong_name_and_a_wrong_password_are_refused_alike_and_not_for_ever() {
    let office = Office::with(|config| config.sign_in_attempts_per_hour = 3).await;

    let (status, wrong_password) = typed_wrong(&office, "name=owner&password=wrong").await;
    assert_eq!(status, 401);
    assert!(wrong_password.contains("Name or password is wrong."), "{wrong_password}");
    let (status, wrong_name) = typed_wrong(&office, "name=owmer&password=wrong").await;
    assert_eq!((status, wrong_name.replace("owmer", "owner")), (401, wrong_password));
    assert_eq!(typed_wrong(&office, "shop=other&name=owner&password=x").await.0, 401);

    let right = format!("name=owner&password={}", PASSWORD.replace(' ', "+"));
    let (status, why) = typed_wrong(&office, &right).await;
    assert_eq!(status, 429);
    assert!(why.contains("Too many attempts"), "{why}");
    office.pass(HOUR_MS);
    office.sign_in("owner", PASSWORD).await;
}

#[tokio::test]
async fn what_another_site_has_a_browser_post_is_refused() {
    let (office, cookie) = with_a_centre().await;
    let posting = |headers: &[(&str, &str)]| {
        let mut request = office.request(Method::POST, "/web/centres/main/items/price");
        request = request.header("cookie", &cookie).body("id=tea&price=0");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.header("content-type", "application/x-www-form-urlencoded").send()
    };
    for headers in [
        &[][..],
        &[("origin", "http://evil.test")],
        &[("origin", "null")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site"), ("origin", "http://evil.test")],
    ] {
        assert_eq!(posting(headers).await.unwrap().status(), 403, "{headers:?}");
    }
    assert!(row_of(&office.page(&cookie, "/web/centres/main/items").await, "tea").contains("value=\"1.50\""));
    assert_eq!(posting(&[("sec-fetch-site", "same-origin")]).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_session_ends_with_its_time_by_signing_out_and_with_a_new_password() {
    let (office, cookie) = with_a_centre().await;
    let is_in = async |cookie: &str| office.page(cookie, "/").await.contains("Sign out");
    let other = office.sign_in("owner", PASSWORD).await;
    assert!(is_in(&cookie).await && is_in(&other).await);

    let out = office.post_form(&cookie, "/web/sign-out", "").await;
    assert!(out.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert!(!is_in(&cookie).await && is_in(&other).await);
    let piece = office.request(Method::GET, "/web/tills").header("cookie", &cookie).send().await.unwrap();
    assert_eq!((piece.status().as_u16(), &piece.headers()["hx-redirect"]), (401, &"/".parse().unwrap()));

    office.pass(12 * HOUR_MS - 1);
    assert!(is_in(&other).await);
    office.pass(1);
    assert!(!is_in(&other).await);

    let again = office.sign_in("owner", PASSWORD).await;
    let body = json!({"password": "another long password"}).to_string();
    office.admin_ok(Method::PUT, "/accounts/owner", body).await;
    assert!(!is_in(&again).await);
    assert_eq!(
        typed_wrong(&office, &format!("name=owner&password={}", PASSWORD.replace(' ', "+"))).await.0,
        401
    );
    office.sign_in("owner", "another long password").await;
    office.admin_refused(Method::PUT, "/accounts/owner", json!({"password": "short"}).to_string()).await;
}

#[tokio::test]
async fn the_owners_first_password_is_told_once_and_kept_nowhere() {
    let office = Office::with(|config| config.owner_password = None).await;
    let password = office.running.owner_password.clone().unwrap();
    assert!(password.len() >= 16, "{password}");
    office.sign_in("owner", &password).await;

    let office = office.restart().await;

    assert_eq!(office.running.owner_password, None);
    office.sign_in("owner", &password).await;
}

#[tokio::test]
async fn people_of_another_tenant_see_and_change_nothing_here() {
    let (office, mine) = with_a_centre().await;
    let mut till = office.subscribed("T1").await;
    let sale = till.sale(2);
    office.upload(&till, &[sale]).await;
    office.running.settled().await;
    let theirs = office.running.add_tenant("other").await.unwrap();
    let account = office.request(Method::PUT, "/admin/v1/accounts/Eve").bearer_auth(&theirs);
    let account = account.body(json!({"password": PASSWORD}).to_string()).send().await.unwrap();
    assert_eq!(account.status(), 200);
    let form = format!("shop=other&name=eve&password={}", PASSWORD.replace(' ', "+"));
    let eve = cookie_of(&office.post_form("", "/web/sign-in", &form).await);
    assert_eq!(typed_wrong(&office, &form.replace("shop=other&", "")).await.0, 401, "her name is not ours");

    let (ours, hers) = (office.page(&mine, "/").await, office.page(&eve, "/").await);
    for known in ["Main street", "T1A-000001", "Thing"] {
        assert!(ours.contains(known), "{known}");
        assert!(!hers.contains(known), "{known}");
    }
    let asked = async |path: &str| {
        office.request(Method::GET, path).header("cookie", &eve).send().await.unwrap().status().as_u16()
    };
    for path in [
        "/web/centres/main/items",
        "/web/centres/main/draft",
        "/web/centres/main/publish",
        "/web/documents/T1/1/1/0",
    ] {
        assert_eq!(asked(path).await, 404, "{path}");
    }
    for (path, form) in [
        ("/web/centres/main/items/price", "id=tea&price=0"),
        ("/web/centres/main/publish", ""),
        ("/web/tills/pairing", "till=T1"),
        ("/web/tills/revoke", "till=T1&enrolment=1"),
    ] {
        assert_eq!(office.post_form(&eve, path, form).await.status(), 404, "{path}");
    }
    for path in ["/web/documents", "/web/tills", "/web/findings"] {
        assert!(office.page(&eve, path).await.contains("class=\"empty\""), "{path}");
    }
}

#[tokio::test]
async fn a_price_is_drafted_with_the_published_one_beside_and_all_other_members_kept() {
    let (office, cookie) = with_a_centre().await;
    let mut tea = item("1.50");
    tea["zz_new"] = json!({"deep": 1});
    office.rows(CENTRE, &[row("item", "tea", tea)]).await;
    office.publish(CENTRE).await;
    assert!(!office.page(&cookie, "/web/centres/main/draft").await.contains("Publish"));

    let answer = office.post_form(&cookie, "/web/centres/main/items/price", "id=tea&price=+1,75+").await;

    assert_eq!(answer.headers()["hx-trigger"], "draft");
    let row = answer.text().await.unwrap();
    assert!(row.contains("value=\"1.75\"") && row.contains("published 1.50"), "{row}");
    let bar = office.page(&cookie, "/web/centres/main/draft").await;
    assert!(bar.contains("1 change not published: 1 in items"), "{bar}");
    let asked = office.page(&cookie, "/web/centres/main/publish").await;
    assert!(asked.contains("Publish generation 3") && asked.contains("Thing: 1.50 → 1.75"), "{asked}");

    let done = office.post_form(&cookie, "/web/centres/main/publish", "").await.text().await.unwrap();

    assert!(done.contains("Generation 3 published, tills are told."), "{done}");
    let till = office.subscribed("T1").await;
    let tea = &office.snapshot(&till, "items").await["item/tea"];
    assert_eq!((&tea["price"], &tea["zz_new"]), (&json!("1.75"), &json!({"deep": 1})));
    let again = office.post_form(&cookie, "/web/centres/main/publish", "").await.text().await.unwrap();
    assert!(again.contains("Generation 3 already holds all of this."), "{again}");

    office.post_form(&cookie, "/web/centres/main/items/price", "id=tea&price=2").await;
    let back = office.post_form(&cookie, "/web/centres/main/items/price", "id=tea&price=1.75").await;
    assert!(!back.text().await.unwrap().contains("published"), "it is as published again");
    assert!(!office.page(&cookie, "/web/centres/main/draft").await.contains("Publish"));
}

#[tokio::test]
async fn what_is_no_price_says_so_at_its_cell_keeps_what_was_typed_and_changes_nothing() {
    let (office, cookie) = with_a_centre().await;
    for (typed, escaped, why) in [
        ("cheap", "cheap", "“cheap” is not a price"),
        ("", "", "Type a price"),
        ("-1", "-1", "below zero"),
        ("0.1234567", "0.1234567", "at most 6 decimals"),
        ("%3Cb%3E\"", "&#60;b&#62;&#34;", "is not a price"),
    ] {
        let form = format!("id=tea&price={typed}");
        let answer = office.post_form(&cookie, "/web/centres/main/items/price", &form).await;
        assert_eq!(answer.status(), 422, "{typed}");
        let row = answer.text().await.unwrap();
        assert!(row.contains(&format!("value=\"{escaped}\"")) && row.contains("aria-invalid"), "{row}");
        assert!(row.contains(why), "{row}");
    }
    assert!(!office.page(&cookie, "/web/centres/main/draft").await.contains("Publish"));
    let gone = office.post_form(&cookie, "/web/centres/main/items/price", "id=coffee&price=1").await;
    assert_eq!(gone.status(), 404);
}

#[tokio::test]
async fn a_draft_that_cannot_be_published_names_the_row_and_stays() {
    let (office, cookie) = with_a_centre().await;
    let mut odd = item("1");
    odd["unit"] = json!("barrel");
    office.rows(CENTRE, &[row("item", "odd", odd)]).await;

    let answer = office.post_form(&cookie, "/web/centres/main/publish", "").await;

    assert_eq!(answer.status(), 400);
    let text = answer.text().await.unwrap();
    assert!(text.contains("Item/odd: it names unit/barrel, which is not there."), "{text}");
    assert!(text.contains("Nothing has been published."), "{text}");
    assert!(office.page(&cookie, "/web/centres/main/draft").await.contains("1 change not published"));
}

#[tokio::test]
async fn items_are_found_by_name_code_or_group_and_come_in_pages_by_name() {
    let (office, cookie) = with_a_centre().await;
    let mut rows: Vec<_> = (0..120)
        .map(|number| {
            let mut body = item("1");
            body["name"] = json!(format!("Apple {number:03}"));
            body["codes"] = json!([format!("90{number:03}"), "100%"]);
            row("item", &format!("a{}", 119 - number), body)
        })
        .collect();
    let cheese = json!({"name": "Žinčica Sýr", "unit": "pc", "vat": "std", "price": "2", "group": "dairy"});
    rows.push(row("item", "c", cheese));
    rows.push(row("group", "dairy", json!({"name": "Milk & cheese"})));
    office.rows(CENTRE, &rows).await;
    let found = async |query: &str| {
        let page = office.page(&cookie, &format!("/web/centres/main/items?{query}")).await;
        let caption =
            page.split("<caption>").nth(1).unwrap_or("").split(". Type").next().unwrap().to_string();
        (caption, page)
    };

    let (caption, page) = found("").await;
    assert_eq!(caption, "1–50 of 123 items");
    assert!(page.find("Apple 000").unwrap() < page.find("Apple 049").unwrap() && !page.contains("Apple 050"));
    let (caption, page) = found("page=2").await;
    assert_eq!(caption, "101–123 of 123 items");
    assert!(page.contains("Apple 119") && page.contains("Previous") && !page.contains("Next"));
    assert_eq!(found("find=apple+9000&page=0").await.0, "1–10 of 10 items");
    let (caption, page) = found("find=SYR+zincica").await;
    assert_eq!(caption, "1–1 of 1 item");
    assert!(page.contains("Milk &#38; cheese") && page.contains("Žinčica Sýr"), "{page}");
    assert_eq!(found("find=dairy").await.0, "1–1 of 1 item");
    assert_eq!(found("find=100%25").await.0, "1–50 of 120 items");
    assert!(found("find=coffee").await.1.contains("Nothing is found."));
    assert!(found("page=18446744073709551615").await.1.contains("class=\"empty\""));
}

#[tokio::test]
async fn names_from_shops_and_tills_are_never_markup() {
    let (office, cookie) = with_a_centre().await;
    let evil = "<script>alert(1)</script>\" onmouseover=\"x";
    let mut body = item("1");
    body["name"] = json!(evil);
    body["codes"] = json!([evil]);
    office
        .rows(
            CENTRE,
            &[
                row("item", evil, body),
                row("user", "u1", json!({"name": evil, "role": "cashier", "pin": "$argon2id$"})),
            ],
        )
        .await;
    let mut till = office.subscribed("T1").await;
    office.admin_ok(Method::PUT, "/tills/T1", json!({"name": evil}).to_string()).await;
    let mut sale = sale_body(1);
    sale["lines"][0]["name"] = json!(evil);
    sale["customer"] = json!(evil);
    let mut line = till.line("sale", 150, sale);
    line.number = evil.into();
    let record = till.sign(&line);
    office.upload(&till, &[record]).await;

    for path in ["/", "/web/documents/T1/1/1/0", "/web/centres/main/publish"] {
        let page = office.page(&cookie, path).await;
        assert!(page.contains("&#60;script&#62;alert(1)"), "{path}");
        assert!(!page.contains("<script>alert") && !page.contains("\" onmouseover"), "{path}");
    }
}

#[tokio::test]
async fn every_answer_forbids_strange_scripts_and_files_are_kept_by_their_hash() {
    let (office, cookie) = with_a_centre().await;
    let got =
        async |path: &str| office.request(Method::GET, path).header("cookie", &cookie).send().await.unwrap();
    let header = |answer: &Response, name: &str| answer.headers()[name].to_str().unwrap().to_string();
    for path in ["/", "/web/tills", "/web/static/nothing"] {
        let answer = got(path).await;
        let policy = header(&answer, "content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';") && !policy.contains("unsafe"));
        assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
        assert_eq!(header(&answer, "referrer-policy"), "same-origin");
        assert_eq!(header(&answer, "cache-control"), "no-store");
    }
    let page = got("/").await.text().await.unwrap();
    let files: Vec<_> = page.split('"').filter(|text| text.starts_with("/web/static/")).collect();
    for kind in [".css", ".js", ".svg"] {
        assert!(files.iter().any(|file| file.ends_with(kind)), "{files:?}");
    }
    for file in files {
        let answer = got(file).await;
        assert_eq!(answer.status(), 200);
        assert!(header(&answer, "cache-control").contains("immutable"));
    }
    for inline in ["<script>", " style=", " onclick=", "javascript:", "//unpkg", "https://"] {
        assert!(!page.contains(inline), "{inline}");
    }
}

/// The names of the events that come, one piece of news after the other.
struct Events {
    bytes: std::pin::Pin<Box<dyn futures_util::Stream<Item = reqwest::Result<bytes::Bytes>> + Send>>,
    last_id: String,
}

impl Events {
    async fn of(office: &Office, cookie: &str, seen: &str, last_id: Option<&str>) -> Events {
        let mut request =
            office.request(Method::GET, &format!("/web/events?seen={seen}")).header("cookie", cookie);
        if let Some(last_id) = last_id {
            request = request.header("last-event-id", last_id);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Events { bytes: answer.bytes_stream().boxed(), last_id: String::new() }
    }

    async fn next(&mut self) -> Vec<String> {
        loop {
            let told = tokio::time::timeout(Duration::from_secs(20), self.bytes.next());
            let told = String::from_utf8(told.await.unwrap().unwrap().unwrap().to_vec()).unwrap();
            let of = |name: &str| -> Vec<String> {
                told.lines().filter_map(|line| line.strip_prefix(name)).map(str::to_string).collect()
            };
            if let Some(id) = of("id: ").pop() {
                self.last_id = id;
                return of("event: ");
            }
        }
    }
}

fn seen_by(page: &str) -> String {
    page.split("/web/events?seen=").nth(1).unwrap().split('"').next().unwrap().to_string()
}

#[tokio::test]
async fn a_page_is_told_what_changed_since_it_was_written_and_each_topic_once_for_many_changes() {
    let (office, cookie) = with_a_centre().await;
    let mut till = office.subscribed("T1").await;
    let seen = seen_by(&office.page(&cookie, "/").await);
    office.contact(&till, &till.contact()).await;
    let mut events = Events::of(&office, &cookie, &seen, None).await;
    assert_eq!(events.next().await, ["tills"], "what happened before it connected");

    for sale in till.sales(40) {
        office.upload(&till, &[sale]).await;
    }
    office.running.settled().await;
    let mut pieces = 0;
    loop {
        assert_eq!(events.next().await, ["documents"]);
        pieces += 1;
        let now = seen_by(&office.page(&cookie, "/").await);
        if events.last_id == now {
            break;
        }
    }
    assert!(pieces < 40, "{pieces} pieces of news for 40 uploads");

    let last_id = events.last_id.clone();
    drop(events);
    office.post_form(&cookie, "/web/centres/main/items/price", "id=tea&price=9").await;
    office.post_form(&cookie, "/web/centres/main/publish", "").await;
    let mut again = Events::of(&office, &cookie, &seen, Some(&last_id)).await;
    assert_eq!(again.next().await, ["draft", "generation"], "what it missed meanwhile");
    let mut after_restart = Events::of(&office, &cookie, "1.1.1.1.1", None).await;
    assert_eq!(after_restart.next().await.len(), 5, "another process: everything is news");
}

#[tokio::test]
async fn a_browser_that_reads_nothing_holds_no_upload_back() {
    let (office, cookie) = with_a_centre().await;
    let mut till = office.subscribed("T1").await;
    let seen = seen_by(&office.page(&cookie, "/").await);
    let mut asleep = Vec::new();
    for _ in 0..20 {
        asleep.push(Events::of(&office, &cookie, &seen, None).await);
    }
    for batch in till.sales(2_000).chunks(20) {
        office.upload(&till, batch).await;
    }
    assert_eq!(office.total("count", "sale").await, 2_000);
    assert!(asleep[0].next().await.contains(&"documents".to_string()));
}

#[tokio::test]
async fn documents_are_listed_newest_first_in_pages_and_each_opens_whole() {
    let (office, cookie) = with_a_centre().await;
    let mut till = office.subscribed("T1").await;
    let sales = till.sales(60);
    for (number, batch) in sales.chunks(20).enumerate() {
        office.upload(&till, batch).await;
        if number < 2 {
            office.pass(120_000);
        }
    }
    let sign_in = till.record("event", 0, json!({"what": "sign_in"}));
    office.upload(&till, &[sign_in]).await;
    office.running.settled().await;

    let newest = office.page(&cookie, "/web/documents").await;
    assert!(newest.find("T1A-000060").unwrap() < newest.find("T1A-000021").unwrap(), "newest first");
    assert!(!newest.contains("T1A-000020") && !newest.contains("T1A-000061"), "no log-ins, 40 a page");
    assert!(newest.contains(">90.00 <small>GBP</small>"), "60 × 1.50: {newest}");
    assert!(row_of(&newest, "T1A-000060").contains("Processed"));
    assert!(row_of(&newest, "T1A-000060").contains("arrived"), "four minutes after it was recorded");
    let older = newest.split("/web/documents?before=").nth(1).unwrap().split('"').next().unwrap();
    let older = office.page(&cookie, &format!("/web/documents?before={older}")).await;
    assert!(older.contains("T1A-000020") && older.contains("T1A-000001") && !older.contains("T1A-000021"));

    let whole = office.page(&cookie, "/web/documents/T1/1/7/0").await;
    for fact in
        ["Sale T1A-000007", "Signature holds", "Tea, loose", "1.50 GBP", "17.5 %", "Main street", "piece"]
    {
        assert!(whole.contains(fact), "{fact} in {whole}");
    }
    assert!(whole.contains(&sales[6].hash.to_string()) && whole.contains(&sales[5].hash.to_string()));
}

#[tokio::test]
async fn tills_show_what_they_reported_and_a_new_one_gets_its_code_with_a_qr() {
    let (office, cookie) = with_a_centre().await;
    let added = office.post_form(&cookie, "/web/tills", "till=T1&name=Front").await.text().await.unwrap();
    let code = added.split("aria-label=\"Pairing code\">").nth(1).unwrap().split('<').next().unwrap();
    assert_eq!((code.len(), &code[4..5]), (9, "-"));
    assert!(added.contains("<svg") && !added.contains("<?xml"));
    let key = common::new_key();
    let request = tillkit_protocol::wire::Enrol::new(code, "phone", &key);
    let enrolled = common::read(office.post("/v1/enrol", &request).await).await;
    let mut till = common::Till::new(key, enrolled);
    till.token = office.token(&till).await;
    office.subscribe(&till, CENTRE).await;

    let mut contact = till.contact();
    (contact.unsent, contact.oldest_ms, contact.generation) = (3, Some(common::NOW_MS - 60_000), 1);
    office.contact(&till, &contact).await;
    let tills = office.page(&cookie, "/web/tills").await;
    assert!(tills.contains("<b class=\"warn\">3</b>") && tills.contains("1, the newest"), "{tills}");
    assert!(office.page(&cookie, "/web/nav").await.contains("3 unsent"));
    office.post_form(&cookie, "/web/centres/main/items/price", "id=tea&price=9").await;
    office.post_form(&cookie, "/web/centres/main/publish", "").await;
    assert!(office.page(&cookie, "/web/tills").await.contains("1 of 2"));

    for (form, why) in [("till=T1&name=", "There is a till T1 already."), ("till=T+1", "is not an id")] {
        let refused = office.post_form(&cookie, "/web/tills", form).await;
        assert_eq!(refused.status(), 422);
        let text = refused.text().await.unwrap();
        assert!(text.contains(why), "{text}");
    }
    let another = office.post_form(&cookie, "/web/tills/pairing", "till=T1").await.text().await.unwrap();
    assert!(another.contains("Pairing code for T1") && !another.contains(code));
    let revoked = office.post_form(&cookie, "/web/tills/revoke", "till=T1&enrolment=1").await;
    assert!(revoked.text().await.unwrap().contains(">revoked<"));
    assert_eq!(office.get(&till, "/v1/manifest").await.status(), 403);
}

#[tokio::test]
async fn findings_say_in_words_what_to_look_at() {
    let (office, cookie) = with_a_centre().await;
    let mut till = office.subscribed("T1").await;
    let sales = till.sales(3);
    office.upload(&till, &[sales[0].clone(), sales[2].clone()]).await;
    let open = office.page(&cookie, "/web/findings").await;
    assert!(open.contains("A document is missing") && open.contains("T1 · 1 · 2"), "{open}");
    assert!(
        office.page(&cookie, "/web/nav").await.contains("<b class=\"warn\" title=\"open findings\">1</b>")
    );
    assert!(office.page(&cookie, "/web/tills").await.contains("up to 3 beyond a gap"));

    office.upload(&till, &sales).await;

    assert!(office.page(&cookie, "/web/findings").await.contains("settled"));
    assert!(!office.page(&cookie, "/web/nav").await.contains("open findings"));
}

#[tokio::test]
async fn an_empty_back_office_says_what_comes_next() {
    let office = Office::open().await;
    let page = office.page(&office.sign_in("owner", PASSWORD).await, "/").await;
    for hint in ["No sales have arrived yet", "There is no centre yet", "There is no till yet", "No findings"]
    {
        assert!(page.contains(hint), "{hint}");
    }
}
