//! The page in Chromium, as a shop owner uses it: nothing is reloaded from signing in to the end.

use std::{
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::atomic::Ordering,
    time::Duration,
};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element, key::Key};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tillkit_backoffice::Clock;

use super::common::{CENTRE, Office, PASSWORD, Till, gone, line, row, sale_body};

/// What a step may take on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(30);

/// chromedriver, ended with the test however that ends.
struct Driver {
    process: Child,
    port: u16,
}

impl Driver {
    fn start(folder: &std::path::Path) -> Option<Driver> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        // Chromium and its helpers are a group of their own: they end with it.
        let mut command = Command::new("chromedriver");
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.arg(format!("--port={port}")).current_dir(folder);
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        Some(Driver { process, port })
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-9", "--", &format!("-{}", self.process.id())]).status();
        let _ = self.process.wait();
    }
}

/// A browser with a profile of its own, and what WebDriver has no word for.
struct Browser {
    client: Client,
    driver: Driver,
    http: reqwest::Client,
}

impl Browser {
    async fn open(folder: &std::path::Path, http: reqwest::Client) -> Option<Browser> {
        let has_chromium =
            Command::new("chromium").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !has_chromium.is_ok_and(|status| status.success()) {
            return None;
        }
        let driver = Driver::start(folder)?;
        let profile = format!("--user-data-dir={}", folder.join("profile").display());
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--window-size=1280,800",
            &profile,
        ];
        let wanted = json!({
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
        });
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(wanted.as_object().unwrap().clone());
        // It says nothing when it begins to listen.
        let mut tick = tokio::time::interval(Duration::from_millis(50));
        let listens = async {
            while http.get(format!("{}/status", driver.url())).send().await.is_err() {
                tick.tick().await;
            }
        };
        tokio::time::timeout(PATIENCE, listens).await.expect("chromedriver listens");
        let client = builder.connect(&driver.url()).await.expect("chromium starts");
        Some(Browser { client, driver, http })
    }

    async fn ask(&self, path: &str, body: Value) -> Value {
        let session = self.client.session_id().await.unwrap().unwrap();
        let url = format!("{}/session/{session}/{path}", self.driver.url());
        let answer = self.http.post(url).body(body.to_string()).send().await.unwrap();
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }

    async fn devtools(&self, command: &str, parameters: Value) {
        let answer = self.ask("goog/cdp/execute", json!({"cmd": command, "params": parameters})).await;
        assert!(answer["value"].get("error").is_none(), "{answer}");
    }

    async fn in_colours(&self, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.devtools("Emulation.setEmulatedMedia", json!({"features": features})).await;
    }

    async fn sized(&self, width: u32, height: u32) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500});
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// Waits for an element.
    async fn see(&self, css: &str) -> Element {
        let seen = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
        seen.unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    /// Waits until an element says something.
    async fn read(&self, css: &str, wanted: &str) -> Element {
        let mut said = String::new();
        let reading = async {
            loop {
                if let Ok(element) = self.client.find(Locator::Css(css)).await
                    && let Ok(text) = element.text().await
                {
                    if text.contains(wanted) {
                        return element;
                    }
                    said = text;
                }
                tokio::task::yield_now().await;
            }
        };
        match tokio::time::timeout(PATIENCE, reading).await {
            Ok(element) => element,
            Err(_) => panic!("{css} says {said:?}, not {wanted:?}"),
        }
    }

    async fn click(&self, css: &str) {
        self.see(css).await.click().await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    async fn picture(&self, name: &str) {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        std::fs::write(folder.join(format!("{name}.png")), self.client.screenshot().await.unwrap()).unwrap();
    }

    /// What the page's own code and the browser had to complain of.
    async fn complaints(&self) -> Vec<String> {
        let log = self.ask("se/log", json!({"type": "browser"})).await;
        let entries = log["value"].as_array().unwrap().iter();
        entries.map(|entry| entry["message"].as_str().unwrap().to_string()).collect()
    }

    /// Whether something is wider than the window.
    async fn is_cut(&self) -> bool {
        let script = "return document.documentElement.scrollWidth > document.documentElement.clientWidth";
        self.client.execute(script, vec![]).await.unwrap().as_bool().unwrap()
    }
}

/// Name, code, group, unit, price.
type Thing = (&'static str, &'static str, &'static str, &'static str, &'static str);

const THINGS: [Thing; 12] = [
    ("Assam tea, loose, 250 g", "5012345000018", "drinks", "pc", "4.20"),
    ("Apple juice 1 l", "5012345000025", "drinks", "pc", "2.35"),
    ("Brie de Meaux", "0200", "dairy", "kg", "18.9"),
    ("Butter, salted", "5012345000032", "dairy", "pc", "2.10"),
    ("Cheddar, mature", "0201", "dairy", "kg", "12.50"),
    ("Chocolate, dark 70 %", "5012345000049", "sweets", "pc", "1.85"),
    ("Coffee beans, house roast", "5012345000056", "drinks", "pc", "7.95"),
    ("Cotton bag", "5012345000063", "other", "pc", "3"),
    ("Earl Grey, 50 bags", "5012345000070", "drinks", "pc", "3.60"),
    ("Eggs, free range, dozen", "5012345000087", "dairy", "pc", "3.95"),
    ("Honey, heather", "5012345000094", "sweets", "pc", "6.50"),
    ("Sourdough loaf", "0310", "bakery", "pc", "3.80"),
];

/// A shop with a morning behind it.
async fn a_shop() -> (Office, Vec<Till>) {
    let office = Office::with(|config| config.tenant = "Corner & Daughters".into()).await;
    // The browser's clock is the machine's.
    office.now_ms.store(now_ms(), Ordering::Relaxed);
    office.draft_centre(CENTRE).await;
    let mut rows = vec![gone("item", "tea"), gone("item", "milk")];
    rows.push(row("unit", "kg", json!({"name": "kg", "decimals": 3})));
    rows.push(row("user", "u1", json!({"name": "Ada", "role": "cashier", "pin": "$argon2id$v=19"})));
    rows.push(row("customer", "c1", json!({"name": "Café Blue"})));
    rows.push(row("tender", "cash", json!({"name": "Cash", "kind": "cash", "currency": "GBP"})));
    rows.push(row("tender", "card", json!({"name": "Card", "kind": "card", "currency": "GBP"})));
    for group in ["Drinks", "Dairy", "Sweets", "Bakery", "Other"] {
        rows.push(row("group", &group.to_lowercase(), json!({"name": group})));
    }
    for (number, (name, code, group, unit, price)) in THINGS.into_iter().enumerate() {
        let codes = [code];
        let body =
            json!({"name": name, "codes": codes, "group": group, "unit": unit, "vat": "std", "price": price});
        rows.push(row("item", &format!("i{number}"), body));
    }
    office.rows(CENTRE, &rows).await;
    office.publish(CENTRE).await;
    let mut tills = Vec::new();
    for (id, name) in [("T1", "Front counter"), ("T2", "Market stall")] {
        let till = office.subscribed(id).await;
        office
            .admin_ok(reqwest::Method::PUT, &format!("/tills/{id}"), json!({"name": name}).to_string())
            .await;
        tills.push(till);
    }
    (office, tills)
}

/// Now, as the machine's clock has it: the browser shows times by the same one.
fn now_ms() -> i64 {
    Clock::system().now_ms()
}

/// A sale of things by their place in [`THINGS`], made a moment ago and sent at once.
async fn sell(office: &Office, till: &mut Till, sold: &[(usize, i64)], customer: Option<&str>) {
    office.now_ms.store(now_ms(), Ordering::Relaxed);
    let (mut body, mut total, mut lines) = (sale_body(1), 0, Vec::new());
    for (thing, quantity) in sold {
        let (name, _, _, unit, price) = THINGS[*thing];
        let minor = (price.parse::<f64>().unwrap() * 100.0).round() as i64;
        let mut sold = line(&format!("i{thing}"), &quantity.to_string(), minor * quantity);
        (sold["name"], sold["unit"], sold["unit_price"]) = (json!(name), json!(unit), json!(price));
        lines.push(sold);
        total += minor * quantity;
    }
    let vat = total * 175 / 1175;
    body["lines"] = json!(lines);
    let (kind, tender) = if customer.is_some() { ("card", "card") } else { ("cash", "cash") };
    for (member, value) in [
        ("amount_minor", json!(total)),
        ("home_minor", json!(total)),
        ("kind", json!(kind)),
        ("tender", json!(tender)),
    ] {
        body["tenders"][0][member] = value;
    }
    for (member, minor) in [("gross_minor", total), ("net_minor", total - vat), ("vat_minor", vat)] {
        body["vat"][0][member] = json!(minor);
    }
    if let Some(customer) = customer {
        body["customer"] = json!(customer);
    }
    let mut line = till.line("sale", total, body);
    line.recorded_ms = now_ms();
    line.business_day = today();
    line.offline = customer.is_some();
    let record = till.sign(&line);
    office.upload(till, &[record]).await;
}

fn today() -> String {
    let now = std::process::Command::new("date").arg("+%F").output().unwrap();
    String::from_utf8(now.stdout).unwrap().trim().to_string()
}

fn skipped(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "{why}");
    eprintln!("skipped: {why}");
    if let Some(list) = std::env::var_os("TILLKIT_SKIPPED") {
        use std::io::Write;
        let mut list = std::fs::OpenOptions::new().append(true).create(true).open(list).unwrap();
        writeln!(list, "the web page in Chromium: chromium is not installed").unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_changes_a_price_publishes_and_sees_sales_and_tills_without_reloading() {
    let folder = tempfile::tempdir().unwrap();
    let Some(browser) = Browser::open(folder.path(), super::common::client()).await else {
        return skipped("the web page in Chromium: chromium is not installed");
    };
    let (office, mut tills) = a_shop().await;
    for number in 0..9 {
        let customer = (number == 4).then_some("c1");
        let sold = [(number % 12, 1 + number as i64 % 3), ((number * 5 + 3) % 12, 1)];
        sell(&office, &mut tills[number % 2], &sold[..1 + number % 2], customer).await;
    }
    office.running.settled().await;

    // Signing in, wrong first.
    browser.devtools("Emulation.setLocaleOverride", json!({"locale": "en-GB"})).await;
    browser.sized(1280, 800).await;
    browser.client.goto(&office.running.url()).await.unwrap();
    browser.see("#name").await.send_keys("owner").await.unwrap();
    browser.see("#password").await.send_keys("wrong").await.unwrap();
    browser.click("button[type=submit]").await;
    browser.read(".alert", "Name or password is wrong.").await;
    browser.see("#password").await.send_keys(PASSWORD).await.unwrap();
    browser.click("button[type=submit]").await;
    browser.read("header h1", "Corner & Daughters").await;
    browser.read("#live", "live").await;
    browser.client.execute("window.isTheSamePage = true", vec![]).await.unwrap();

    // A price, typed and entered; nonsense first.
    browser.click("#nav a[href='#items']").await;
    let price = browser.see("input[aria-label='Price of Brie de Meaux']").await;
    price.click().await.unwrap();
    price.send_keys(&format!("cheap{}", Key::Enter)).await.unwrap();
    browser.read(".refused:not(:empty)", "“cheap” is not a price").await;
    browser.picture("web-refused").await;
    let price = browser.see("input[aria-label='Price of Brie de Meaux']").await;
    assert_eq!(price.prop("value").await.unwrap().as_deref(), Some("cheap"));
    price.click().await.unwrap();
    price.send_keys(&format!("19,90{}", Key::Enter)).await.unwrap();
    browser.read("tr.changed", "published 18.90").await;
    let focused = "return document.activeElement.getAttribute('aria-label')";
    let focused = browser.client.execute(focused, vec![]).await.unwrap();
    assert_eq!(focused, "Price of Butter, salted", "Enter goes on to the next price");
    browser.read("#draft", "1 change not published: 1 in items").await;
    let search = browser.see("#find").await;
    search.send_keys("meaux").await.unwrap();
    browser.read(".items caption", "1–1 of 1 item").await;
    search.clear().await.unwrap();
    search.send_keys(&Key::Enter.to_string()).await.unwrap();
    browser.read(".items caption", "of 12 items").await;
    browser.picture("web-light").await;

    // Publishing it.
    browser.click("#draft button").await;
    browser.read("#dialog", "Publish generation 2").await;
    browser.read("#dialog", "for 2 tills").await;
    browser.read("#dialog", "Brie de Meaux: 18.90 → 19.90").await;
    browser.picture("web-publish").await;
    browser.click("#dialog button.primary").await;
    browser.read("#dialog", "Generation 2 published, tills are told.").await;
    browser.click("#dialog [data-close]").await;
    let till = office.subscribed("T3").await;
    assert_eq!(office.snapshot(&till, "items").await["item/i2"]["price"], "19.9");
    browser.see("#draft:not(:has(.bar))").await;
    browser.see("#grid:not(:has(.changed))").await;

    // What a till says of itself.
    browser.click("#nav a[href='#tills']").await;
    let mut contact = tills[0].contact();
    (contact.unsent, contact.oldest_ms, contact.generation) = (4, Some(now_ms()), 1);
    office.contact(&tills[0], &contact).await;
    browser.read("#till-list tr .unsent b", "4").await;
    browser.read("#till-list .settings", "1 of 2").await;
    browser.read("#nav", "4 unsent").await;
    let mut contact = tills[1].contact();
    contact.generation = 2;
    office.contact(&tills[1], &contact).await;
    browser.read("#till-list tbody:nth-of-type(2) .settings", "2, the newest").await;
    browser.picture("web-tills").await;
    browser.click("#till-list .actions button").await;
    browser.read("#dialog h2", "Pairing code for T1").await;
    browser.see("#dialog svg").await;
    browser.picture("web-pairing").await;
    browser.click("#dialog [data-close]").await;

    // A sale, made on a till while the owner looks on.
    browser.click("#nav a[href='#sales']").await;
    browser.read("#documents .day", "Today").await;
    sell(&office, &mut tills[0], &[(6, 2), (9, 1), (11, 3)], Some("c1")).await;
    let arrived = browser.read("#documents tbody tr:first-child", "T1A-000006").await;
    let words = arrived.text().await.unwrap();
    assert!(words.contains("31.25") && words.contains("Café Blue") && words.contains("offline"), "{words}");
    browser.read("#documents tbody tr:first-child .state", "Processed").await;
    browser.read("#nav", "Sales 10").await;
    browser.see("#documents tbody tr.fresh:first-child").await;
    browser.picture("web-sales").await;
    browser.in_colours("dark").await;
    browser.picture("web-dark").await;
    browser.click("#documents tbody tr:first-child button").await;
    browser.read("#dialog h2", "Sale T1A-000006").await;
    browser.read("#dialog .marks", "Signature holds").await;
    browser.picture("web-document").await;
    browser.click("#dialog .close").await;

    // On a phone.
    browser.in_colours("light").await;
    browser.sized(390, 844).await;
    for tab in ["tills", "items", "findings", "sales"] {
        browser.click(&format!("#nav a[href='#{tab}']")).await;
        browser.see(&format!("#{tab}:not([hidden])")).await;
        assert!(!browser.is_cut().await, "{tab} is wider than a phone");
        browser.picture(&format!("web-phone-{tab}")).await;
    }

    let same = browser.client.execute("return window.isTheSamePage === true", vec![]).await.unwrap();
    assert_eq!(same, true, "the page was never loaded anew");
    let mut complaints = browser.complaints().await;
    // The browser itself logs answers of 4xx: a wrong password, a price that is none.
    complaints
        .retain(|complaint| !complaint.contains("status of 401") && !complaint.contains("status of 422"));
    assert_eq!(complaints, Vec::<String>::new());
    browser.click("header .out button").await;
    browser.see("#password").await;
    browser.client.clone().close().await.unwrap();
    office.running.stop().await.unwrap();
}
