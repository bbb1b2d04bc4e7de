package tillkit.ui

import tillkit.Advice
import tillkit.Amount
import tillkit.Blockers
import tillkit.CartLine
import tillkit.CartTender
import tillkit.CartView
import tillkit.CentreInfo
import tillkit.CentrePreview
import tillkit.CentreView
import tillkit.ChangeLine
import tillkit.ChangeOfRow
import tillkit.ChangeSync
import tillkit.ChangeWhat
import tillkit.ClosedPeriod
import tillkit.ClosedTender
import tillkit.ConnectionStep
import tillkit.CustomerView
import tillkit.DeliveryMark
import tillkit.DocumentPlace
import tillkit.DocumentView
import tillkit.EditView
import tillkit.Fact
import tillkit.FactPrice
import tillkit.FactText
import tillkit.FindingView
import tillkit.HistoryRow
import tillkit.ObjectRow
import tillkit.ObjectView
import tillkit.ReceiptRead
import tillkit.RecordedDocument
import tillkit.RunRow
import tillkit.RunsScreen
import tillkit.SearchHit
import tillkit.SectionPreview
import tillkit.SellScreen
import tillkit.SettingsScreen
import tillkit.SoldLine
import tillkit.Standing
import tillkit.StepOutcome
import tillkit.StockView
import tillkit.SyncSample
import tillkit.TenderChoice
import tillkit.TenderKind
import tillkit.TenderRest
import tillkit.Trouble
import tillkit.UnsentView
import tillkit.UserChoice
import tillkit.sampleSyncScreen
import java.time.Instant

/** A shop on the morning that the core's own samples are taken at. */
object Samples {
    /** 9 March 2026, 10:15 UTC. */
    val now: Instant = Instant.ofEpochMilli(1_773_051_300_000)

    private fun minutesAgo(minutes: Long) = now.minusSeconds(minutes * 60).toEpochMilli()

    fun pounds(minor: Long) = Amount(minor, "GBP", 2u)

    val superseded =
        Trouble("superseded", "the back office knows 131 documents of this till, the phone 118", dataIsSafe = true, Advice.PAIR_AGAIN)

    fun sync(sample: SyncSample) = SyncState(sampleSyncScreen(sample))

    fun frame(
        place: Place,
        sample: SyncSample = SyncSample.UNSENT,
        user: String? = "anna".takeIf { sampleSyncScreen(sample).canSell },
    ) = FrameState(place, sampleSyncScreen(sample), user)

    val users = listOf(UserChoice("anna", "Anna"), UserChoice("bob", "Bob"), UserChoice("jan", "Jan Novák"))

    val tenders =
        listOf(
            TenderChoice("card", "Card", TenderKind.CARD, "GBP", 2u, emptyList()),
            TenderChoice("cash", "Cash", TenderKind.CASH, "GBP", 2u, emptyList()),
            TenderChoice("credit", "On account", TenderKind.CUSTOMER_CREDIT, "GBP", 2u, emptyList()),
            TenderChoice("euros", "Euros", TenderKind.CASH, "EUR", 2u, emptyList()),
        )

    val hits =
        listOf(
            SearchHit(
                "tea",
                "Earl Grey Tea",
                "5901234123457",
                "2.55",
                "GBP",
                "pc",
                StockView("48", minutesAgo(25)),
                false,
            ),
            SearchHit(
                "teapot",
                "Teapot, Regency Blue",
                "22697",
                "12.75",
                "GBP",
                "pc",
                StockView("3", minutesAgo(25)),
                false,
            ),
            SearchHit("teatowel", "Tea Towel", "TOWEL", "3.95", "GBP", "pc", null, true),
        )

    private fun line(
        item: String,
        name: String,
        quantity: String,
        price: String,
        gross: Long,
        discount: Long = 0,
        isEdited: Boolean = false,
    ) = CartLine(item, name, quantity, "pc", price, pounds(discount), pounds(gross), isEdited)

    val cart =
        CartView(
            lines =
                listOf(
                    line("tea", "Earl Grey Tea", "2", "2.55", 510),
                    line("bag", "Jumbo Bag Red Retrospot", "3", "1.95", 527, discount = 58),
                    line("mug", "Blue Mug", "1", "4.25", 425, isEdited = true),
                ),
            total = pounds(1462),
            rest = pounds(1462),
            change = pounds(0),
            tenders = emptyList(),
            canPay = tenders.map { TenderRest(it.tender, pounds(1462)) },
            canComplete = false,
            customer = null,
        )

    /** A bag of four pence, where the smallest coin is ten: cash has nothing to pay, a card has. */
    val roundsToNothing =
        cart.copy(
            total = pounds(4),
            rest = pounds(0),
            canPay = listOf(TenderRest("card", pounds(4))),
        )

    fun sell(
        cart: CartView? = null,
        query: String = "",
        hits: List<SearchHit> = emptyList(),
        held: ULong = 1u,
    ) = SellState(
        SellScreen(
            user = "anna",
            rights = listOf("sell", "discount", "price_override", "cash_movement", "closure", "local_edit"),
            query = query,
            hits = hits,
            cart = cart,
            tenders = tenders,
            held = held,
            interrupted = 0u,
            unsent = UnsentView(4u, listOf(pounds(-6160)), minutesAgo(14)),
            receipt = null,
        ),
        query = query,
    )

    val partlyPaid =
        cart.copy(
            rest = pounds(618),
            canPay = tenders.map { TenderRest(it.tender, pounds(618)) },
            tenders = listOf(CartTender("euros", Amount(1000, "EUR", 2u), pounds(844))),
        )

    val overPaid =
        cart.copy(
            rest = pounds(0),
            change = pounds(538),
            canPay = emptyList(),
            canComplete = true,
            tenders = listOf(CartTender("cash", pounds(2000), pounds(2000))),
        )

    fun typed(text: String) = TypedQuantity.of(text, English.locale)

    private fun place(seq: ULong) = DocumentPlace("T3", 1u, seq)

    val receipt =
        """
        |              High Street 1
        |
        |Receipt T3A-000118
        |2026-03-09 10:14            Cashier: anna
        |------------------------------------------
        |Earl Grey Tea
        |  2 pc x 2.55                         5.10
        |Jumbo Bag Red Retrospot
        |  3 pc x 1.95                         5.85
        |  Discount                           -0.58
        |Blue Mug
        |  1 pc x 4.25                         4.25
        |------------------------------------------
        |TOTAL GBP                            14.62
        |Cash                                 20.00
        |Change                               -5.38
        |
        |VAT 20%   net 12.18   VAT 2.44       14.62
        |
        |                Thank you
        """.trimMargin()

    val document = RecordedDocument(place(118u), "T3A-000118", pounds(1462), pounds(538), receipt)

    private fun row(
        seq: ULong,
        kind: String,
        minutes: Long,
        minor: Long,
        mark: DeliveryMark,
        finding: String? = null,
    ) = HistoryRow(
        place(seq),
        kind,
        "T3A-${seq.toString().padStart(6, '0')}",
        minutesAgo(minutes),
        if (minutes < 60 * 15) "2026-03-09" else "2026-03-08",
        pounds(minor),
        mark,
        false,
        listOfNotNull(finding?.let { FindingView("vat-differs", it) }),
    )

    val history =
        HistoryState(
            listOf(
                row(118u, "sale", 1, 1462, DeliveryMark.LOCAL),
                row(117u, "cash_movement", 9, -10000, DeliveryMark.LOCAL),
                row(116u, "sale", 14, 2378, DeliveryMark.LOCAL),
                row(115u, "return", 22, -425, DeliveryMark.UPLOADED),
                row(
                    114u,
                    "sale",
                    31,
                    1200,
                    DeliveryMark.PROCESSED,
                    "the VAT rate std of item book is not the one published for that day",
                ),
                row(113u, "sale", 44, 690, DeliveryMark.PROCESSED),
                row(112u, "closure", 60 * 15, 41235, DeliveryMark.SETTLED),
                row(111u, "sale", 60 * 15 + 12, 255, DeliveryMark.SETTLED),
            ),
            sections = listOf("sales", "closures", "cash", "orders_made", "customers_made", "stock_documents"),
            days = listOf("2026-03-09", "2026-03-08", "2026-03-07"),
        )

    private val sold =
        listOf(
            SoldLine("tea", "Earl Grey Tea", "2", "2", pounds(510)),
            SoldLine("bag", "Jumbo Bag Red Retrospot", "3", "3", pounds(527)),
            SoldLine("mug", "Blue Mug", "1", "1", pounds(425)),
        )

    val opened =
        history.copy(
            open = DocumentView(history.rows!![4], minutesAgo(30), minutesAgo(26), null, sold, receipt),
            mayVoid = true,
            mayReturn = true,
        )

    private val partly = opened.copy(open = opened.open!!.copy(lines = sold.map { if (it.item == "bag") it.copy(left = "1") else it }))

    val returning =
        partly.copy(returning = Returning(listOf("1", "0", "1").map { it.toBigDecimal() }, tenders.take(2), tenders[1]))

    /** Partly by card, by a voucher and in cash; of the second part nothing is typed yet. */
    val splitting =
        partly.copy(
            returning =
                Returning(
                    listOf("1", "0", "1").map { it.toBigDecimal() },
                    tenders.take(2) + TenderChoice("voucher", "Voucher", TenderKind.VOUCHER, "GBP", 2u, emptyList()),
                    tenders[1],
                    listOf(BackPart(tenders[0], TypedMoney.of("4.00", English.locale, "GBP")), BackPart()),
                ),
        )

    val voiding = opened.copy(reason = "Wrong customer")

    private val voided = history.rows!![2].copy(isVoid = true)

    val withVoid =
        history.copy(
            rows =
                listOf(row(119u, "void", 0, -2378, DeliveryMark.LOCAL)) +
                    history.rows!!.map { if (it.place == voided.place) voided else it },
        )

    val voidedOpen = withVoid.copy(open = DocumentView(voided, null, null, null, emptyList(), receipt), mayVoid = true)

    private val edits = listOf(EditView("item", "mug", "Blue Mug", "anna", minutesAgo(70)))

    private val screen =
        SettingsScreen(
            standing = Standing.ENROLLED,
            till = "T3",
            enrolment = 1u,
            series = "T3A",
            serverUrl = "https://office.example",
            centre = CentreView("main", "High Street", 7u),
            app = "TillKit 0.1.0",
            edits = edits,
        )

    val settings =
        SettingsState(
            screen,
            user = "anna",
            rights = setOf("local_edit", "enrol", "export", "change_centre"),
            canSignIn = true,
            files = FilesState(),
        )

    val settingsNew =
        SettingsState(
            SettingsScreen(Standing.NEW, null, null, null, null, null, "TillKit 0.1.0", emptyList()),
            address = "https://office.example",
            code = "K7QF-2MXA",
        )

    val exported = settings.copy(files = FilesState(Exported("T3-2026-03-09-101500.tillkit", 4_096, isWhole = false)))

    val receiptTaken =
        settings.copy(
            files =
                FilesState(
                    receipt = ReceiptRead(4u, 9u, listOf("document T3/1/117 is not what was signed for this till")),
                ),
        )

    val centres = listOf(CentreInfo("main", 7u, "High Street"), CentreInfo("market", 3u, "Market stall"))

    val preview =
        settings.copy(
            centres = centres,
            preview =
                CentrePreview(
                    "market",
                    3u,
                    184_320u,
                    listOf(
                        SectionPreview("directories", true, 14u, 14u, 1_100u),
                        SectionPreview("items", true, 612u, 9_178u, 96_000u),
                        SectionPreview("customers", true, 0u, 4_372u, 0u),
                        SectionPreview("users", true, 3u, 8u, 900u),
                        SectionPreview("centre", true, 3u, 3u, 700u),
                        SectionPreview("loyalty", false, 40u, 0u, 2_300u),
                    ),
                    edits,
                    Blockers(4u, 4u, 1u, false),
                ),
        )

    val sameCentre = preview.copy(preview = preview.preview!!.copy(centre = "main", generation = 7u, edits = emptyList()))

    val tested =
        settings.copy(
            steps =
                listOf(
                    ConnectionStep("resolve", StepOutcome.GOOD, "office.example has an address", null),
                    ConnectionStep("connect", StepOutcome.GOOD, "office.example takes connections", null),
                    ConnectionStep("tls", StepOutcome.GOOD, "encrypted, and the certificate is trusted", null),
                    ConnectionStep("office", StepOutcome.GOOD, "https://office.example is a back office", null),
                    ConnectionStep("version", StepOutcome.GOOD, "1.0, this till 0.1.0", null),
                    ConnectionStep("clock", StepOutcome.MIND, "150 s behind the back office", null),
                    ConnectionStep(
                        "credential",
                        StepOutcome.BAD,
                        "the till has been revoked. Ask for a new pairing code in the back office, under Tills.",
                        "revoked",
                    ),
                ),
        )

    val cash = CashState(tenders, mayMove = true, mayClose = true, openedMs = minutesAgo(135))

    val opening =
        cash.copy(
            openedMs = null,
            sheet =
                CashSheet.Counting(
                    listOf(Counted("cash", pounds(0), "10000"), Counted("euros", Amount(0, "EUR", 2u))),
                    isOpening = true,
                ),
        )

    val movement = cash.copy(sheet = CashSheet.Movement(tillkit.CashMove.SAFE_DROP, tenders[1], "10000", ""))

    val counting =
        cash.copy(
            sheet =
                CashSheet.Counting(
                    listOf(
                        Counted("cash", pounds(18840), "18840"),
                        Counted("card", pounds(21000)),
                        Counted("euros", Amount(1000, "EUR", 2u)),
                    ),
                    at = 0,
                ),
        )

    /** A drawer that is counted coin by coin and note by note. */
    val countingPieces =
        cash.copy(
            sheet =
                CashSheet.Counting(
                    listOf(
                        Counted(
                            "cash",
                            pounds(18840),
                            facesMinor = listOf(5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1),
                            isByPieces = true,
                            pieces = mapOf(2000L to "6", 1000L to "4", 500L to "3", 100L to "12", 50L to "2", 20L to "2"),
                        ),
                        Counted("card", pounds(21000)),
                        Counted("euros", Amount(1000, "EUR", 2u)),
                    ),
                ),
        )

    /** The same, but that half a coin was typed. */
    val wrongPieces =
        (countingPieces.sheet as CashSheet.Counting).let { sheet ->
            countingPieces.copy(sheet = sheet.change { copy(pieces = pieces + (100L to "1.5")) })
        }

    val closed =
        cash.copy(
            sheet =
                CashSheet.Report(
                    ClosedPeriod(
                        z = 12u,
                        gross = pounds(41235),
                        otherGross = emptyList(),
                        sales = 37u,
                        returns = 1u,
                        unsent = 3u,
                        tenders =
                            listOf(
                                ClosedTender("card", pounds(21000), null),
                                ClosedTender("cash", pounds(18840), -50),
                                ClosedTender("euros", Amount(1000, "EUR", 2u), 0),
                            ),
                        place = place(119u),
                    ),
                    left = 4,
                ),
        )

    private fun named(
        key: String,
        name: String,
    ) = ObjectRow(key, name, emptyList(), false)

    val goods =
        GoodsState(
            mayMove = true,
            mayOrder = true,
            mayTakeBack = true,
            tenders = tenders.take(3),
            warehouses = listOf(named("main", "Shop"), named("back", "Back room"), named("market", "Market stall")),
            plans = listOf(named("spring", "Spring count, drinks"), named("all", "Everything")),
        )

    private val draftLines =
        listOf(
            DraftLine("tea", "Earl Grey Tea", "24"),
            DraftLine("bag", "Jumbo Bag Red Retrospot", "10"),
            DraftLine("cheese", "Cheddar, by weight", "1.250"),
        )

    val takenBack = GoodsRecorded("return", "T3A-000119", 5, place(119u), pounds(850) to "Cash")

    fun drafted(kind: GoodsKind) = goods.copy(draft = GoodsDraft(kind, draftLines))

    val customers =
        CustomersState(
            query = "jo",
            found =
                listOf(
                    CustomerView("c-9", "Joan Miller", "0161 496 0001", "", "", "", false, true),
                    CustomerView("c1", "Mrs Jones", "0161 496 0000", "jones@example.com", "", "", true, false),
                    CustomerView("c2", "Johnson & Sons", "", "", "", "GB123456789", true, false),
                ),
            hasMore = true,
        )

    val withCustomer = sell(cart.copy(customer = "c-9")).copy(customer = customers.found[0])

    private fun item(
        key: String,
        name: String,
        price: String,
        code: String,
        isEdited: Boolean = false,
    ) = ObjectRow(
        key,
        name,
        listOf(
            Fact("price", FactPrice(price, "GBP")),
            Fact("vat", FactText("Standard")),
            Fact("codes", FactText(code)),
        ),
        isEdited,
    )

    val objects =
        ObjectsState(
            "item",
            listOf(
                item("bag", "Jumbo Bag Red Retrospot", "1.95", "85099B"),
                item("mug", "Blue Mug", "3.95", "MUG", isEdited = true),
                item("tea", "Earl Grey Tea", "2.55", "5901234123457"),
            ),
            next = "tea",
            total = 9_178u,
        )

    val mug =
        ObjectView(
            "item",
            "mug",
            "Blue Mug",
            objects.rows[1].facts + Fact("group", FactText("Kitchen")) + Fact("unit", FactText("piece")),
            true,
        )

    val tin =
        ObjectView(
            "image",
            "tin",
            "tin",
            listOf(Fact("item", FactText("Earl Grey Tea")), Fact("media_type", FactText("image/png"))),
            false,
        )

    private fun change(
        what: ChangeWhat,
        key: String,
        name: String,
        before: String?,
        after: String?,
        fromMs: Long? = null,
    ) = ChangeOfRow(ChangeLine(minutesAgo(25), what, "item", key, name, before, after, fromMs))

    val changes =
        ChangesState(
            listOf(
                ChangeSync(sampleSyncScreen(SyncSample.UP_TO_DATE).changes!!),
                change(ChangeWhat.PRICE, "tea", "Earl Grey Tea", "2.55", "2.95"),
                change(ChangeWhat.PRICE, "bag", "Jumbo Bag Red Retrospot", "1.95", "1.75", minutesAgo(-60 * 24)),
                change(ChangeWhat.EDIT, "mug", "Blue Mug", "3.95", "4.25"),
                change(ChangeWhat.VAT, "book", "Cook Book", "20", "0"),
                change(ChangeWhat.NEW, "pot", "Teapot, Regency Blue", null, "12.75"),
                change(ChangeWhat.GONE, "towel", "Tea Towel", "3.95", null),
            ),
            "GBP",
        )

    private fun run(
        minutes: Long,
        trigger: String,
        result: String,
        rows: ULong,
        documents: ULong,
        section: String? = null,
        trouble: Trouble? = null,
    ) = RunRow(
        minutesAgo(minutes),
        2_400u,
        trigger,
        section,
        false,
        trouble == null && result != "cancelled",
        result,
        trouble,
        rows,
        rows * 96u,
        documents,
    )

    val runs =
        RunsScreen(
            listOf(
                run(12, "reconnect", "no-route", 0u, 0u, trouble = offline),
                run(25, "red_button", "done", 1_204u, 12u),
                run(70, "row", "nothing_new", 0u, 0u, section = "items"),
                run(130, "schedule", "waiting", 0u, 3u),
                run(60 * 15, "closing", "cancelled", 0u, 37u),
            ),
            "app TillKit 0.1.0",
        )

    private val offline get() = (sampleSyncScreen(SyncSample.OFFLINE).line as tillkit.LineOffline).trouble
}
