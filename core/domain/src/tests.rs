//! The invariants over whole sales, returns and days.

use proptest::prelude::*;

use crate::*;

fn rate(percent: &str) -> VatRate {
    VatRate { id: percent.into(), percent: percent.parse().unwrap(), category: VatCategory::S }
}

fn terms() -> Terms {
    Terms {
        currency: Currency::GBP,
        vat_mode: VatMode::Included,
        cash_rounding: None,
        change_tender: Some("cash".into()),
    }
}

fn line(price: &str, quantity: &str) -> NewLine {
    NewLine {
        item: "tea".into(),
        code: None,
        name: "Tea".into(),
        unit: "pc".into(),
        quantity: quantity.parse().unwrap(),
        list_price: price.parse().unwrap(),
        is_edited: false,
        price_override: None,
        vat: rate("17.5"),
        generation: 3,
        moves_stock: true,
        promotions: Vec::new(),
    }
}

#[test]
fn promotions_come_before_discounts_and_stand_in_the_trace() {
    let ten = Promotion::new("ten", "Ten off", Gives::PercentOff("10".parse().unwrap()));
    let mut open = Sale::new(terms());
    open.add_line(NewLine { promotions: vec![ten.clone()], ..line("10", "1") }).unwrap();
    open.discount_line(0, Some(Discount::Percent("50".parse().unwrap()))).unwrap();
    let by_hand = Some(("8".parse().unwrap(), "damaged".into()));
    open.add_line(NewLine { promotions: vec![ten], price_override: by_hand, ..line("10", "1") }).unwrap();

    let lines = open.lines().unwrap();

    assert_eq!((lines[0].discount_minor, lines[0].gross_minor), (5_50, 4_50));
    let off = TakenOff { promotion: "ten".into(), name: "Ten off".into(), minor: 1_00 };
    assert_eq!(lines[0].trace[1..], [PriceStep::Promotion(off), PriceStep::Discount(4_50)]);
    assert_eq!(lines[1].gross_minor, 8_00, "a price that a person decided has no promotion");
}

#[test]
fn a_discount_that_was_granted_never_makes_a_cart_refuse() {
    let half = Promotion::new("2for1", "Two for one", Gives::NForM { n: 2, m: 1 });
    let mut open = Sale::new(terms());
    let tea = NewLine { promotions: vec![half], ..line("3", "1") };
    open.add_line(tea.clone()).unwrap();
    open.discount_line(0, Some(Discount::Amount(2_50))).unwrap();
    open.discount_receipt(Some(Discount::Amount(50))).unwrap();
    open.set_quantity(0, 2.into()).unwrap();
    assert_eq!(open.total().unwrap().minor, 3_00 - 2_50 - 50);
    open.add_line(tea).unwrap();
    assert!(open.total().unwrap().minor >= 0);
    assert!(open.discount_receipt(Some(Discount::Amount(100_00))).is_err());
}

#[test]
fn what_comes_back_in_parts_is_what_was_paid_to_the_penny() {
    let left = |returned: i64| Returnable {
        sold: 3.into(),
        returned: u32::try_from(returned).unwrap().into(),
        gross_minor: 10_00,
    };
    let origin = LineOrigin { till: "T1".into(), enrolment: 1, seq: 1, line: 0 };
    let mut back_minor = 0;
    for returned in 0..3 {
        let mut back = NewReturn {
            terms: terms(),
            has_goods: true,
            customer: None,
            lines: vec![ReturnLine {
                line: line("4", "-1"),
                origin: Some((origin.clone(), left(returned))),
                reason: None,
            }],
            refunds: Vec::new(),
        };
        let amount_minor = back.due_minor(TenderKind::Cash).unwrap();
        back.refunds.push(Refund { tender: "cash".into(), kind: TenderKind::Cash, amount_minor });
        assert!(back.settle().unwrap().adds_up());
        back_minor += amount_minor;
    }
    assert_eq!(back_minor, 10_00);
}

fn cash(minor: i64) -> NewTender {
    tender("cash", TenderKind::Cash, Money::new(minor, Currency::GBP))
}

fn tender(key: &str, kind: TenderKind, amount: Money) -> NewTender {
    let gives_change = kind == TenderKind::Cash;
    NewTender { tender: key.into(), kind, gives_change, amount, rate: None, reference: None }
}

fn sale(lines: &[(&str, &str)]) -> Sale {
    let mut sale = Sale::new(terms());
    for (price, quantity) in lines {
        sale.add_line(line(price, quantity)).unwrap();
    }
    sale
}

#[test]
fn an_underpaid_sale_stays_open_and_names_the_amounts() {
    let mut open = sale(&[("12.50", "1")]);
    open.pay(cash(10_00)).unwrap();
    let before = open.clone();

    let refused = open.settle().unwrap_err();

    let (due, tendered) = (Money::new(12_50, Currency::GBP), Money::new(10_00, Currency::GBP));
    assert_eq!(refused, SaleError::Underpaid { due, tendered });
    assert_eq!(open, before);
}

#[test]
fn a_card_gives_no_change() {
    let mut open = sale(&[("12.50", "1")]);
    open.pay(tender("card", TenderKind::Card, Money::new(13_00, Currency::GBP))).unwrap();
    assert_eq!(open.settle(), Err(SaleError::Overpaid { over: Money::new(50, Currency::GBP) }));
}

#[test]
fn foreign_cash_freezes_its_rate_and_gives_change_at_home() {
    let mut open = sale(&[("12.50", "1")]);
    let euros = NewTender {
        rate: Some("0.8446".parse().unwrap()),
        ..tender("cash_eur", TenderKind::Cash, Money::new(20_00, Currency::EUR))
    };
    open.pay(euros.clone()).unwrap();

    let settled = open.settle().unwrap();

    assert_eq!((settled.tenders[0].home_minor, settled.change_minor), (16_89, 4_39));
    assert_eq!(settled.change_tender.as_deref(), Some("cash"));
    assert!(settled.adds_up());
    let refused = open.pay(NewTender { rate: None, ..euros });
    assert_eq!(refused, Err(SaleError::RateMissing { currency: Currency::EUR }));
}

#[test]
fn only_cash_rounds_and_vat_stays() {
    let koruna = CashRounding { step_minor: 100, rounding: Rounding::HalfAwayFromZero };
    let mut open = Sale::new(Terms { currency: Currency::CZK, cash_rounding: Some(koruna), ..terms() });
    open.add_line(line("99.60", "1")).unwrap();
    let by_card = tender("card", TenderKind::Card, Money::new(99_60, Currency::CZK));
    let mut carded = open.clone();
    carded.pay(by_card).unwrap();
    open.pay(NewTender { amount: Money::new(200_00, Currency::CZK), ..cash(1) }).unwrap();

    let (cash, card) = (open.settle().unwrap(), carded.settle().unwrap());

    assert_eq!((cash.rounding_minor, cash.change_minor), (40, 100_00));
    assert_eq!((card.rounding_minor, card.change_minor), (0, 0));
    assert_eq!(cash.vat, card.vat);
    assert!(cash.adds_up() && card.adds_up());
}

#[test]
fn cash_rounding_does_not_hide_a_card_that_pays_too_much() {
    let five = CashRounding { step_minor: 5, rounding: Rounding::HalfAwayFromZero };
    let mut open = Sale::new(Terms { cash_rounding: Some(five), ..terms() });
    open.add_line(line("10.03", "1")).unwrap();
    open.pay(tender("card", TenderKind::Card, Money::new(10_05, Currency::GBP))).unwrap();
    assert_eq!(open.settle(), Err(SaleError::Overpaid { over: Money::new(2, Currency::GBP) }));
}

#[test]
fn another_price_needs_a_reason_and_leaves_a_trace() {
    let mut open = Sale::new(terms());
    let price: UnitPrice = "2".parse().unwrap();
    let unexplained = NewLine { price_override: Some((price, " ".into())), ..line("3", "1") };
    assert_eq!(open.add_line(unexplained), Err(SaleError::ReasonMissing { what: "another price" }));
    open.add_line(NewLine { price_override: Some((price, "damaged".into())), ..line("3", "1") }).unwrap();
    let trace = &open.lines().unwrap()[0].trace;
    let expected =
        [PriceStep::List("3".parse().unwrap()), PriceStep::Override { price, reason: "damaged".into() }];
    assert_eq!(*trace, expected);
}

#[test]
fn a_discount_on_the_receipt_is_shared_by_its_lines() {
    let mut open = sale(&[("1", "1"), ("1", "1"), ("1", "1"), ("-0.50", "1")]);
    open.discount_receipt(Some(Discount::Amount(1_00))).unwrap();
    let lines = open.lines().unwrap();
    let shares: Vec<i64> = lines.iter().map(|line| line.discount_minor).collect();
    assert_eq!(shares, [34, 33, 33, 0]);
    let too_much = open.discount_receipt(Some(Discount::Amount(3_01)));
    assert!(matches!(too_much, Err(SaleError::DiscountTooLarge { .. })));
    assert_eq!(open.lines().unwrap(), lines);
}

#[test]
fn equal_lines_are_never_merged_and_too_many_are_refused() {
    let mut open = Sale::new(terms());
    for _ in 0..sale::MAX_LINES {
        open.add_line(line("0.01", "1")).unwrap();
    }
    assert_eq!(open.lines().unwrap().len(), sale::MAX_LINES);
    assert_eq!(open.add_line(line("0.01", "1")), Err(SaleError::TooManyLines));
}

#[test]
fn a_held_sale_comes_back_as_it_was() {
    let mut open = sale(&[("12.50", "2"), ("0", "1")]);
    open.discount_line(0, Some(Discount::Percent("10".parse().unwrap()))).unwrap();
    open.set_customer(Some("c1".into()));
    let held = serde_json::to_vec(&open).unwrap();
    assert_eq!(serde_json::from_slice::<Sale>(&held).unwrap(), open);
}

fn goods_back(
    quantity: &str,
    origin: Option<Returnable>,
    reason: Option<&str>,
    refund: i64,
) -> Result<Settled, SaleError> {
    let from = LineOrigin { till: "T1".into(), enrolment: 1, seq: 5, line: 0 };
    let back = ReturnLine {
        line: line("2.55", quantity),
        origin: origin.map(|left| (from, left)),
        reason: reason.map(Into::into),
    };
    let refunds = vec![Refund { tender: "cash".into(), kind: TenderKind::Cash, amount_minor: refund }];
    NewReturn { terms: terms(), has_goods: true, customer: None, lines: vec![back], refunds }.settle()
}

#[test]
fn no_more_comes_back_than_was_sold() {
    let left = Returnable { sold: 6.into(), returned: 4.into(), gross_minor: 15_30 };
    assert!(goods_back("-2", Some(left), None, 5_10).unwrap().adds_up());
    let refused = goods_back("-3", Some(left), None, 7_65).unwrap_err();
    let expected =
        SaleError::ReturnsTooMuch { name: "Tea".into(), sold: 6.into(), returned: 4.into(), asked: 3.into() };
    assert_eq!(refused, expected);
}

#[test]
fn a_return_needs_its_sale_or_a_reason_and_the_right_refund() {
    assert!(matches!(goods_back("-1", None, None, 2_55), Err(SaleError::ReasonMissing { .. })));
    assert!(matches!(goods_back("-1", None, Some("broken"), 2_54), Err(SaleError::WrongRefund { .. })));
    assert!(matches!(goods_back("1", None, Some("broken"), 0), Err(SaleError::NotComingBack { .. })));
    let settled = goods_back("-1", None, Some("broken"), 2_55).unwrap();
    assert_eq!(settled.total_minor, -2_55);
    assert_eq!(settled.stock_gains().unwrap(), [("tea".into(), 1.into())]);
}

fn any_sale() -> impl Strategy<Value = Settled> {
    let any_line = (0i64..50_000, -3i64..20, 0usize..3, prop::option::of(0i64..100));
    let tenders = (0i64..3, 0i64..5_000, any::<bool>());
    (prop::collection::vec(any_line, 1..12), tenders, prop::option::of(0i64..100), any::<bool>(), 1i64..100)
        .prop_filter_map(
            "a total below nothing is a return",
            |(lines, (way, more, euros), discount, is_included, step)| {
                let vat_mode = if is_included { VatMode::Included } else { VatMode::Excluded };
                let cash_rounding =
                    Some(CashRounding { step_minor: step, rounding: Rounding::HalfAwayFromZero });
                let mut open = Sale::new(Terms { vat_mode, cash_rounding, ..terms() });
                for (price, quantity, vat, percent) in lines {
                    let price = format!("{}.{:02}", price / 100, price % 100);
                    let vat = [rate("17.5"), rate("5"), rate("0")][vat].clone();
                    let index =
                        open.add_line(NewLine { vat, ..line(&price, &quantity.to_string()) }).unwrap();
                    let percent =
                        percent.map(|percent| Discount::Percent(percent.to_string().parse().unwrap()));
                    open.discount_line(index, percent).unwrap();
                }
                open.discount_receipt(
                    discount.map(|percent| Discount::Percent(percent.to_string().parse().unwrap())),
                )
                .unwrap();
                let total = open.total().unwrap().minor;
                if total < 0 {
                    return None;
                }
                let part = if way == 0 { 0 } else { total / way };
                if part > 0 {
                    open.pay(tender("card", TenderKind::Card, Money::new(part, Currency::GBP))).unwrap();
                }
                if euros {
                    let amount = Money::new(more + 1, Currency::EUR);
                    open.pay(NewTender {
                        rate: Some("0.8446".parse().unwrap()),
                        ..tender("cash_eur", TenderKind::Cash, amount)
                    })
                    .unwrap();
                }
                let rest = open.rest(TenderKind::Cash).unwrap().minor;
                if rest > 0 {
                    open.pay(cash(rest + more)).unwrap();
                }
                open.settle().ok()
            },
        )
}

proptest! {
    #[test]
    fn money_adds_up(settled in any_sale()) {
        prop_assert!(settled.adds_up(), "{settled:?}");
        prop_assert!(settled.reversed().adds_up());
        prop_assert_eq!(settled.reversed().reversed(), settled);
    }

    #[test]
    fn a_closure_is_the_sum_of_its_documents(
        sales in prop::collection::vec(any_sale(), 1..8),
        float in 1i64..10_000,
        turn in 0usize..8,
    ) {
        let voided = sales[0].reversed();
        let float = Money::new(float, Currency::GBP);
        let mut facts: Vec<Fact> = sales.iter().map(Fact::Sale).collect();
        facts.push(Fact::Void(&voided));
        facts.push(Fact::Cash { tender: "cash", kind: CashMovementKind::FloatIn, amount: float });
        let totals = |facts: &[Fact]| {
            let mut totals = Totals::default();
            facts.iter().for_each(|fact| totals.add(*fact).unwrap());
            totals
        };

        let day = totals(&facts);
        let turn = turn % facts.len();
        facts.rotate_left(turn);

        prop_assert_eq!(&totals(&facts), &day);
        prop_assert_eq!(day.gross_minor, sales[1..].iter().map(|sale| sale.total_minor).sum::<i64>());
        let vat: i64 = day.vat.values().map(|sums| sums.gross_minor).sum();
        prop_assert_eq!(vat, day.gross_minor);
        let drawer = day.tenders.get(&("cash".to_string(), Currency::GBP)).map_or(0, |(_, minor)| *minor);
        let expected: i64 = sales[1..].iter().map(|sale| {
            let cash = sale.tenders.iter().filter(|tender| tender.tender == "cash").map(|tender| tender.home_minor).sum::<i64>();
            cash - sale.change_minor
        }).sum();
        prop_assert_eq!(drawer, float.minor + expected);
    }
}
