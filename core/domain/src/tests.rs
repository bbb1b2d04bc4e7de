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
        tax_point: TaxPoint::Completion,
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
        is_vat_chosen: false,
        generation: 3,
        moves_stock: true,
        is_deposit: false,
        unit_decimals: None,
        supplied_ms: None,
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

fn cash(minor: i64) -> NewTender {
    tender("cash", TenderKind::Cash, Money::new(minor, Currency::GBP))
}

fn tender(key: &str, kind: TenderKind, amount: Money) -> NewTender {
    let gives_change = kind == TenderKind::Cash;
    NewTender {
        tender: key.into(),
        name: key.into(),
        kind,
        gives_change,
        amount,
        rate: None,
        reference: None,
    }
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
    let koruna = CashRounding::nearest(100);
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
    let five = CashRounding::nearest(5);
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

fn by_cash(amount_minor: Option<i64>) -> Refund {
    by("cash", TenderKind::Cash, amount_minor)
}

fn by(tender: &str, kind: TenderKind, amount_minor: Option<i64>) -> Refund {
    let (currency, rate, cash_rounding) = (Currency::GBP, None, None);
    Refund { tender: tender.into(), name: tender.into(), kind, currency, rate, cash_rounding, amount_minor }
}

fn goods_back(
    quantity: &str,
    origin: Option<Returnable>,
    reason: Option<&str>,
    refund: Option<i64>,
) -> Result<Settled, SaleError> {
    let from = LineOrigin { till: "T1".into(), enrolment: 1, seq: 5, line: 0 };
    let back = ReturnLine {
        line: line("2.55", quantity),
        origin: origin.map(|left| (from, left)),
        taken_off: Vec::new(),
        reason: reason.map(Into::into),
    };
    let paid = vec![Paid {
        tender: String::new(),
        kind: TenderKind::Cash,
        left_minor: 15_30,
        back_minor: 0,
        is_gone: false,
    }];
    new_return(terms(), vec![back], paid, vec![by_cash(refund)]).settle()
}

fn new_return(terms: Terms, lines: Vec<ReturnLine>, paid: Vec<Paid>, refunds: Vec<Refund>) -> NewReturn {
    NewReturn { terms, changeover: None, has_goods: true, customer: None, lines, paid, refunds }
}

#[test]
fn no_more_comes_back_than_was_sold() {
    let back = Part { quantity: 4.into(), gross_minor: 10_20, vat_minor: 1_52 };
    let left = Returnable { sold: 6.into(), gross_minor: 15_30, vat_minor: 2_28, back };
    assert!(goods_back("-2", Some(left), None, Some(5_10)).unwrap().adds_up());
    let refused = goods_back("-3", Some(left), None, None).unwrap_err();
    let expected =
        SaleError::ReturnsTooMuch { name: "Tea".into(), sold: 6.into(), returned: 4.into(), asked: 3.into() };
    assert_eq!(refused, expected);
}

#[test]
fn a_return_needs_its_sale_or_a_reason_and_the_right_refund() {
    assert!(matches!(goods_back("-1", None, None, None), Err(SaleError::ReasonMissing { .. })));
    assert!(matches!(goods_back("-1", None, Some("broken"), Some(2_54)), Err(SaleError::WrongRefund { .. })));
    assert!(matches!(goods_back("1", None, Some("broken"), None), Err(SaleError::NotComingBack { .. })));
    let settled = goods_back("-1", None, Some("broken"), Some(2_55)).unwrap();
    assert_eq!(settled.total_minor, -2_55);
    assert_eq!(settled.stock_gains().unwrap(), [("tea".into(), 1.into())]);
}

/// A sale of these lines with receipt discount, paid by card and the rest in cash.
fn sold(vat_mode: VatMode, lines: &[(i64, i64, usize)], percent: i64, card: i64) -> Settled {
    let mut open = Sale::new(Terms { vat_mode, ..terms() });
    for (price, quantity, vat) in lines {
        let price = format!("{}.{:02}", price / 100, price % 100);
        let vat = [rate("21"), rate("17.5"), rate("0")][*vat].clone();
        open.add_line(NewLine { vat, ..line(&price, &quantity.to_string()) }).unwrap();
    }
    open.discount_receipt(Some(Discount::Percent(percent.to_string().parse().unwrap()))).unwrap();
    let by_card = open.total().unwrap().minor * card / 100;
    if by_card > 0 {
        open.pay(tender("card", TenderKind::Card, Money::new(by_card, Currency::GBP))).unwrap();
    }
    let rest = open.rest(TenderKind::Cash).unwrap().minor;
    if rest > 0 {
        open.pay(cash(rest)).unwrap();
    }
    open.settle().unwrap()
}

/// So much of a line of a sale, as goods come back from it.
fn part_of(sale: &Settled, index: usize, quantity: i64, back: Part) -> ReturnLine {
    let sold = &sale.lines[index];
    let left = Returnable { back, ..sale.returnable(index).unwrap().unwrap() };
    let line = NewLine {
        quantity: Quantity::from_micro(-quantity * 1_000_000).unwrap(),
        list_price: sold.unit_price,
        vat: sold.vat.clone(),
        ..line("1", "1")
    };
    let origin = LineOrigin { till: "T1".into(), enrolment: 1, seq: 1, line: index as u32 };
    ReturnLine { line, origin: Some((origin, left)), taken_off: Vec::new(), reason: None }
}

proptest! {
    #[test]
    fn parts_of_a_line_are_together_what_was_paid(
        lines in prop::collection::vec((1i64..2_000, 1i64..8, 0usize..3), 1..6),
        is_included in any::<bool>(),
        percent in 0i64..40,
        card in 0i64..100,
        order in any::<u64>(),
    ) {
        let vat_mode = if is_included { VatMode::Included } else { VatMode::Excluded };
        let sale = sold(vat_mode, &lines, percent, card);
        let terms = Terms { vat_mode, ..terms() };
        let mut back = vec![Part::default(); lines.len()];
        let mut open: Vec<(usize, i64)> = lines.iter().map(|(_, quantity, _)| *quantity).enumerate().collect();
        let (mut dice, mut total, mut vat) = (order, 0, 0);
        let mut draw = |most: usize| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (dice >> 33) as usize % most
        };
        while !open.is_empty() {
            let place = draw(open.len());
            let (index, left) = open[place];
            let quantity = 1 + draw(left as usize) as i64;
            let returning = part_of(&sale, index, quantity, back[index]);
            let part = returning.origin.as_ref().unwrap().1.part(quantity.to_string().parse().unwrap()).unwrap();
            // Whatever paid for it: here only the amounts matter.
            let paid = vec![Paid { tender: String::new(), kind: TenderKind::Cash, left_minor: sale.total_minor, back_minor: 0, is_gone: false }];
            let settled = new_return(terms.clone(), vec![returning], paid, vec![by_cash(None)]).settle().unwrap();
            prop_assert!(settled.adds_up(), "{settled:?}");
            // Now and then what came back goes out again, and something else comes first.
            if draw(4) == 0 && quantity < left {
                continue;
            }
            total += settled.total_minor;
            vat += settled.vat.iter().map(|vat| vat.vat_minor).sum::<i64>();
            let so_far = &mut back[index];
            so_far.quantity = so_far.quantity.plus(part.quantity).unwrap();
            so_far.gross_minor += part.gross_minor;
            so_far.vat_minor += part.vat_minor;
            open[place].1 -= quantity;
            open.retain(|(_, left)| *left > 0);
        }
        prop_assert_eq!(total, -sale.total_minor);
        prop_assert_eq!(vat, -sale.vat.iter().map(|vat| vat.vat_minor).sum::<i64>());
    }
}

#[test]
fn another_price_lowers_a_refund_and_never_raises_it() {
    let sale = sold(VatMode::Included, &[(4_25, 2, 1)], 0, 0);
    let back = |price: &str| {
        let mut part = part_of(&sale, 0, 1, Part::default());
        part.line.price_override = Some((price.parse().unwrap(), "scratched".into()));
        new_return(terms(), vec![part], sale.paid().unwrap(), vec![by_cash(None)]).settle()
    };
    assert_eq!(back("4.00").unwrap().total_minor, -4_00);
    let money = |minor| Money::new(minor, Currency::GBP);
    let (asked, paid) = (money(100_00), money(4_25));
    assert_eq!(back("100"), Err(SaleError::RefundsTooMuch { name: "Tea".into(), asked, paid }));
    assert!(matches!(back("4.26"), Err(SaleError::RefundsTooMuch { .. })));
    assert!(matches!(back("-1"), Err(SaleError::RefundsTooMuch { .. })));
}

#[test]
fn no_tender_gives_back_more_than_it_paid() {
    // 10.00: 6.00 by card, 4.00 in cash.
    let sale = sold(VatMode::Included, &[(5_00, 2, 1)], 0, 60);
    let card = |minor| by("card", TenderKind::Card, minor);
    let back = |refunds: Vec<Refund>| {
        new_return(terms(), vec![part_of(&sale, 0, 2, Part::default())], sale.paid().unwrap(), refunds)
    };
    let money = |minor| Money::new(minor, Currency::GBP);
    let both = back(vec![card(Some(6_00)), by_cash(None)]);
    assert_eq!(both.settle().unwrap().tenders.iter().map(|tender| tender.home_minor).sum::<i64>(), -10_00);
    assert_eq!(both.cash_takes_over_minor(), Ok(0));
    assert_eq!(back(vec![by_cash(None)]).cash_takes_over_minor(), Ok(6_00));
    let all_by_card = back(vec![card(None)]).settle();
    let (asked, left) = (money(10_00), money(6_00));
    assert_eq!(all_by_card, Err(SaleError::NotPaidBy { tender: "card".into(), asked, left }));
    let twice = back(vec![card(Some(3_01)), card(Some(3_00)), by_cash(None)]).settle();
    assert!(matches!(twice, Err(SaleError::NotPaidBy { .. })), "{twice:?}");
    let other = back(vec![by("voucher", TenderKind::Voucher, Some(1_00)), by_cash(None)]).settle();
    assert!(matches!(other, Err(SaleError::NotPaidBy { .. })), "{other:?}");
    let (due, refunded) = (money(10_00), money(9_00));
    let too_little = back(vec![card(Some(6_00)), by_cash(Some(3_00))]).settle();
    assert_eq!(too_little, Err(SaleError::WrongRefund { due, refunded }));
}

#[test]
fn what_is_on_account_is_reduced_and_never_paid_out() {
    let mut open = sale(&[("10", "1")]);
    open.set_customer(Some("c1".into()));
    let credit = TenderKind::CustomerCredit;
    open.pay(tender("credit", credit, Money::new(7_00, Currency::GBP))).unwrap();
    open.pay(cash(3_00)).unwrap();
    let sale = open.settle().unwrap();
    let back = |refunds: Vec<Refund>| NewReturn {
        customer: Some("c1".into()),
        ..new_return(terms(), vec![part_of(&sale, 0, 1, Part::default())], sale.paid().unwrap(), refunds)
    };
    let on_account = Money::new(7_00, Currency::GBP);
    assert_eq!(back(vec![by_cash(None)]).settle(), Err(SaleError::OnAccount { on_account }));
    let right = back(vec![by("credit", credit, Some(7_00)), by_cash(None)]);
    assert_eq!((right.settle().unwrap().adds_up(), right.cash_takes_over_minor()), (true, Ok(0)));
}

#[test]
fn what_cash_took_over_once_it_does_not_take_over_again() {
    // 10.00: 4.00 by card, 6.00 on account; two parts come back, the first one in cash.
    let mut open = sale(&[("5", "2")]);
    open.set_customer(Some("c1".into()));
    open.pay(tender("card", TenderKind::Card, Money::new(4_00, Currency::GBP))).unwrap();
    open.pay(tender("credit", TenderKind::CustomerCredit, Money::new(6_00, Currency::GBP))).unwrap();
    let sale = open.settle().unwrap();
    let mut paid = sale.paid().unwrap();
    paid.iter_mut().filter(|paid| paid.kind == TenderKind::Cash).for_each(|paid| paid.left_minor -= 4_00);
    let rest = part_of(&sale, 0, 1, Part { quantity: 1.into(), gross_minor: 5_00, vat_minor: 0 });

    let refused = new_return(terms(), vec![rest], paid, vec![by_cash(None)]).settle();

    assert_eq!(refused, Err(SaleError::OnAccount { on_account: Money::new(5_00, Currency::GBP) }));
}

#[test]
fn goods_of_a_currency_that_has_ended_come_back_in_it_and_are_paid_in_the_new_one() {
    let lev = Currency::parse("BGN").unwrap();
    let terms = Terms { currency: lev, ..terms() };
    let mut open = Sale::new(terms.clone());
    open.add_line(line("10", "1")).unwrap();
    open.pay(NewTender { amount: Money::new(10_00, lev), ..cash(1) }).unwrap();
    let sale = open.settle().unwrap();
    let euros = |step| Refund {
        currency: Currency::EUR,
        rate: Some("1.95583".parse().unwrap()),
        cash_rounding: Some(CashRounding::nearest(step)),
        ..by_cash(None)
    };
    let back = |step| {
        let lines = vec![part_of(&sale, 0, 1, Part::default())];
        new_return(terms.clone(), lines, sale.paid().unwrap(), vec![euros(step)]).settle().unwrap()
    };

    let (cents, fives) = (back(1), back(5));

    assert_eq!((cents.total_minor, cents.currency), (-10_00, lev));
    assert_eq!(
        (cents.tenders[0].amount, cents.tenders[0].home_minor),
        (Money::new(-5_11, Currency::EUR), -10_00)
    );
    // 5.10 euros: a cent less is two stotinki less.
    assert_eq!((fives.tenders[0].amount.minor, fives.rounding_minor), (-5_10, 2));
    assert!(cents.adds_up() && fives.adds_up());
}

#[test]
fn cash_goes_back_in_coins() {
    let sale = sold(VatMode::Included, &[(7_23, 1, 1)], 0, 50);
    let coins = |minor| Refund { cash_rounding: Some(CashRounding::nearest(5)), ..by_cash(minor) };
    let back = |cash: Option<i64>, card: Option<i64>| {
        let lines = vec![part_of(&sale, 0, 1, Part::default())];
        let refunds = vec![coins(cash), by("card", TenderKind::Card, card)];
        new_return(terms(), lines, sale.paid().unwrap(), refunds).settle()
    };
    let money = |minor| Money::new(minor, Currency::GBP);
    let refused = SaleError::NoSuchCoins { amount: money(3_62), step: money(5) };
    assert_eq!(back(Some(3_62), Some(3_61)), Err(refused));
    let rounded = back(None, Some(3_61)).unwrap();
    assert_eq!((rounded.tenders[0].home_minor, rounded.rounding_minor), (-3_60, 2));
}

#[test]
fn a_held_sale_crosses_the_end_of_its_currency() {
    let lev = Currency::parse("BGN").unwrap();
    let mut held = Sale::new(Terms { currency: lev, ..terms() });
    held.add_line(line("19.56", "2")).unwrap();
    held.discount_receipt(Some(Discount::Amount(1_96))).unwrap();
    held.pay(NewTender {
        reference: Some("slip".into()),
        ..tender("card", TenderKind::Card, Money::new(20_00, lev))
    })
    .unwrap();
    let changeover = Changeover { from: lev, rate: "1.95583".parse().unwrap() };

    let mut sale = held.changed_over(changeover, Terms { currency: Currency::EUR, ..terms() }).unwrap();
    sale.pay(NewTender { amount: sale.rest(TenderKind::Cash).unwrap(), ..cash(1) }).unwrap();
    let settled = sale.settle().unwrap();

    assert_eq!(settled.total_minor, 20_00 - 1_00);
    assert_eq!((settled.tenders[0].amount, settled.tenders[0].home_minor), (Money::new(20_00, lev), 10_23));
    assert_eq!((settled.changeover, settled.adds_up()), (Some(changeover), true));
}

#[test]
fn returned_bottles_pay_out_and_other_goods_do_not() {
    let bottle = NewLine { is_deposit: true, ..line("0.25", "-6") };
    let mut open = Sale::new(terms());
    open.add_line(bottle.clone()).unwrap();
    let settled = open.settle().unwrap();
    assert_eq!((settled.total_minor, settled.change_minor), (-1_50, 1_50));
    assert_eq!((settled.change_tender.as_deref(), settled.adds_up()), (Some("cash"), true));
    open.add_line(line("1", "-1")).unwrap();
    assert!(matches!(open.settle(), Err(SaleError::NegativeTotal { .. })));
    let below_nothing = sale(&[("-2", "1")]).settle();
    assert!(
        matches!(below_nothing, Err(SaleError::NegativeTotal { .. })),
        "a price below nothing pays nobody"
    );
    let mut paid = sale(&[("1", "1")]);
    paid.add_line(bottle).unwrap();
    paid.pay(tender("card", TenderKind::Card, Money::new(1_00, Currency::GBP))).unwrap();
    assert!(matches!(paid.settle(), Err(SaleError::Overpaid { .. })), "a card gives nothing out");
    let mut nobody = Sale::new(Terms { change_tender: None, ..terms() });
    nobody.add_line(NewLine { is_deposit: true, ..line("0.25", "-1") }).unwrap();
    assert!(matches!(nobody.settle(), Err(SaleError::NoChangeTender { .. })));
}

#[test]
fn what_rounds_to_nothing_is_paid_and_what_does_not_is_not() {
    let koruna = |price: &str| {
        let cash_rounding = Some(CashRounding::nearest(100));
        let mut open = Sale::new(Terms { currency: Currency::CZK, cash_rounding, ..terms() });
        open.add_line(line(price, "1")).unwrap();
        open
    };
    let by_card = |minor| tender("card", TenderKind::Card, Money::new(minor, Currency::CZK));
    assert_eq!(koruna("0.40").settle().unwrap().rounding_minor, -40);
    assert!(matches!(koruna("0.50").settle(), Err(SaleError::Underpaid { .. })));
    let mut mixed = koruna("100.30");
    mixed.pay(by_card(100_00)).unwrap();
    assert_eq!(mixed.settle().unwrap().rounding_minor, -30);
    let mut short = koruna("100.60");
    short.pay(by_card(100_00)).unwrap();
    assert!(matches!(short.settle(), Err(SaleError::Underpaid { .. })));
    let mut exact = koruna("0.40");
    exact.pay(by_card(40)).unwrap();
    assert_eq!(exact.settle().unwrap().rounding_minor, 0);
}

#[test]
fn exact_coins_are_taken_where_the_law_allows_both() {
    let rounding = CashRounding { takes_exact: true, ..CashRounding::nearest(5) };
    let open = |cash_rounding, paid| {
        let mut open = Sale::new(Terms { cash_rounding: Some(cash_rounding), ..terms() });
        open.add_line(line("10.03", "1")).unwrap();
        open.pay(cash(paid)).unwrap();
        open.settle().map(|settled| (settled.rounding_minor, settled.change_minor))
    };
    assert_eq!(open(rounding, 10_03), Ok((0, 0)));
    assert_eq!(open(rounding, 10_05), Ok((2, 0)));
    assert!(open(rounding, 10_02).is_err() && open(CashRounding::nearest(5), 10_03).is_err());
}

#[test]
fn a_unit_is_sold_in_the_parts_that_it_allows() {
    let grams = NewLine { unit_decimals: Some(3), ..line("2", "0.125") };
    let mut open = Sale::new(terms());
    open.add_line(grams.clone()).unwrap();
    let refused = [
        open.add_line(NewLine { unit_decimals: Some(0), ..line("2", "0.5") }).map(drop),
        open.set_quantity(0, "0.1255".parse().unwrap()),
        open.add_line(NewLine { unit_decimals: Some(2), ..grams }).map(drop),
    ];
    for refused in refused {
        assert!(matches!(refused, Err(SaleError::TooManyDecimals { .. })), "{refused:?}");
    }
    assert_eq!(open.lines().unwrap()[0].quantity, "0.125".parse().unwrap());
}

#[test]
fn a_recalled_sale_takes_the_rates_of_its_tax_point_and_keeps_its_prices() {
    let (old, new) = (rate("17.5"), rate("20"));
    let held = |tax_point, vat_mode| {
        let mut held = Sale::new(Terms { tax_point, vat_mode, ..terms() });
        held.add_line(NewLine { vat: old.clone(), ..line("12", "1") }).unwrap();
        let changed = held.take_rates(|_| Some(new.clone()));
        (changed.len(), held.total().unwrap().minor)
    };
    assert_eq!(held(TaxPoint::Completion, VatMode::Included), (1, 12_00));
    assert_eq!(held(TaxPoint::Completion, VatMode::Excluded), (1, 14_40));
    assert_eq!(held(TaxPoint::Supply, VatMode::Excluded), (0, 14_10));
}

fn any_sale() -> impl Strategy<Value = Settled> {
    let any_line = (0i64..50_000, -3i64..20, 0usize..3, prop::option::of(0i64..100));
    let tenders = (0i64..3, 0i64..5_000, any::<bool>());
    (prop::collection::vec(any_line, 1..12), tenders, prop::option::of(0i64..100), any::<bool>(), 1i64..100)
        .prop_filter_map(
            "a total below nothing is a return",
            |(lines, (way, more, euros), discount, is_included, step)| {
                let vat_mode = if is_included { VatMode::Included } else { VatMode::Excluded };
                let cash_rounding = Some(CashRounding::nearest(step));
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
        let sold = &day.sold[&Currency::GBP];
        prop_assert_eq!(sold.gross_minor, sales[1..].iter().map(|sale| sale.total_minor).sum::<i64>());
        let vat: i64 = sold.vat.values().map(|sums| sums.gross_minor).sum();
        prop_assert_eq!(vat, sold.gross_minor);
        let drawer = day.tenders.get(&("cash".to_string(), Currency::GBP)).map_or(0, |(_, minor)| *minor);
        let expected: i64 = sales[1..].iter().map(|sale| {
            let cash = sale.tenders.iter().filter(|tender| tender.tender == "cash").map(|tender| tender.home_minor).sum::<i64>();
            cash - sale.change_minor
        }).sum();
        prop_assert_eq!(drawer, float.minor + expected);
    }
}
