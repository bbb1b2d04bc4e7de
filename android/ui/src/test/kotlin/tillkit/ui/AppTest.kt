package tillkit.ui

import androidx.compose.ui.geometry.Size
import androidx.compose.ui.input.key.Key
import androidx.compose.ui.semantics.SemanticsProperties
import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.SemanticsMatcher
import androidx.compose.ui.test.SemanticsMatcher.Companion.keyNotDefined
import androidx.compose.ui.test.SkikoComposeUiTest
import androidx.compose.ui.test.assertIsNotEnabled
import androidx.compose.ui.test.hasClickAction
import androidx.compose.ui.test.hasContentDescription
import androidx.compose.ui.test.hasSetTextAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.onFirst
import androidx.compose.ui.test.onLast
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performKeyInput
import androidx.compose.ui.test.performScrollTo
import androidx.compose.ui.test.performTextClearance
import androidx.compose.ui.test.performTextInput
import androidx.compose.ui.test.pressKey
import androidx.compose.ui.test.runSkikoComposeUiTest
import androidx.compose.ui.test.waitUntilAtLeastOneExists
import androidx.compose.ui.test.waitUntilDoesNotExist
import androidx.compose.ui.unit.Density
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import tillkit.TillKit
import tillkit.fakes.fakeServices
import java.io.File
import java.time.Clock
import java.time.ZoneOffset

/** The whole app over a till that really sells. */
@OptIn(ExperimentalTestApi::class)
class AppTest {
    /** A folder with one file at most. */
    private class OneFile : Files {
        var name: String? = null
        var bytes: ByteArray? = null

        override suspend fun save(
            name: String,
            bytes: ByteArray,
        ): Boolean {
            this.name = name
            this.bytes = bytes
            return true
        }

        override suspend fun pick() = bytes
    }

    private val files = OneFile()

    private fun app(
        open: suspend () -> TillKit = { TillKit.preview() },
        test: suspend SkikoComposeUiTest.(AppModel, TillKit) -> Unit,
    ) = runSkikoComposeUiTest(Size(780f, 1688f), Density(DENSITY)) {
        open().use { till ->
            val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
            val model = AppModel(till, scope, device = "test", files = files)
            try {
                setContent {
                    val clock = Clock.fixed(Samples.now, ZoneOffset.UTC)
                    TillApp(
                        model,
                        English,
                        isDark = false,
                        fonts = bundledFonts(),
                        clock = clock,
                        zone = ZoneOffset.UTC,
                    )
                }
                test(model, till)
            } finally {
                scope.cancel()
            }
        }
    }

    private fun said(text: String) = hasText(text) or hasContentDescription(text)

    private fun SkikoComposeUiTest.await(text: String) = waitUntilAtLeastOneExists(said(text), PATIENCE_MS)

    private fun SkikoComposeUiTest.tap(text: String) = tap(hasClickAction() and said(text))

    private fun SkikoComposeUiTest.tap(target: SemanticsMatcher) {
        waitUntilAtLeastOneExists(target, PATIENCE_MS)
        val node = onAllNodes(target).onFirst()
        runCatching { node.performScrollTo() }
        node.performClick()
    }

    private fun SkikoComposeUiTest.signIn() {
        // The badge says a number too, and has a description.
        val isKey = hasClickAction() and keyNotDefined(SemanticsProperties.ContentDescription)
        "1234".forEach { tap(isKey and hasText(it.toString())) }
        tap(English.signIn)
        await(English.emptyCart)
    }

    private fun SkikoComposeUiTest.go(place: String) {
        tap(English.menu)
        // The menu stands after the page; the page may have a button of the same name.
        onAllNodes(hasClickAction() and hasText(place)).onLast().performClick()
        waitForIdle()
    }

    private fun SkikoComposeUiTest.type(text: String) = onNode(hasSetTextAction()).performTextInput(text)

    @Test
    fun `a cashier finds, scans, is paid in cash, and sees the change and the receipt`() =
        app { model, till ->
            signIn()

            type("earl")
            tap("Earl Grey Tea")
            tap(English.oneMore("Earl Grey Tea"))
            type("MUG")
            onNode(hasSetTextAction()).performKeyInput { pressKey(Key.Enter) }
            await("Blue Mug")
            tap(English.payAmount("£9.35"))
            tap(hasClickAction() and hasText(English.otherAmount))
            assertTrue(model.back())
            tap(hasClickAction() and hasText("Cash") and hasText(English.exact))
            tap(English.complete)

            await(English.newSale)
            await("T3A-000001")
            assertEquals(1uL, till.unsent().documents)
            tap(English.newSale)
            await(English.emptyCartHint)
        }

    @Test
    fun `another amount than the rest gives change`() =
        app { _, _ ->
            signIn()
            type("MUG")
            onNode(hasSetTextAction()).performKeyInput { pressKey(Key.Enter) }
            tap(English.payAmount("£4.25"))
            waitUntilAtLeastOneExists(hasText(English.otherAmount), PATIENCE_MS)
            // Tenders stand in the order of their keys: card, cash.
            onAllNodes(hasClickAction() and hasText(English.otherAmount))[1].performClick()
            listOf("5", "00").forEach { tap(hasClickAction() and hasText(it)) }
            tap(English.payAmount("£5.00"))

            await("£0.75")
            tap(English.complete)
            await("£0.75")
        }

    @Test
    fun `a quantity is typed, and a line is sold at another price for a reason`() =
        app { model, till ->
            signIn()
            type("MUG")
            onNode(hasSetTextAction()).performKeyInput { pressKey(Key.Enter) }
            tap(hasClickAction() and hasText("1"))
            label(English.quantity).performTextInput("2,5")
            tap(English.save)
            await("2.5")
            tap(hasClickAction() and hasText("2.5"))
            tap(hasClickAction() and hasText(English.otherPrice))
            listOf("4", "00").forEach { tap(hasClickAction() and hasText(it)) }
            label(English.reason).performTextInput("scratched")
            tap(English.save)

            tap(English.payAmount("£10.00"))
            tap(hasClickAction() and hasText("Card"))
            tap(English.complete)
            await("T3A-000001")
            val text =
                till
                    .document(
                        till
                            .history(listOf("sale"))
                            .rows
                            .single()
                            .place,
                    ).text
            assertTrue("2.5 pc x 4" in text) { text }
            assertEquals(
                null,
                model.shift.value!!
                    .selling.state.value!!
                    .sheet,
            )
        }

    @Test
    fun `no tap on the quantity is lost`() =
        app { model, _ ->
            signIn()
            type("MUG")
            onNode(hasSetTextAction()).performKeyInput { pressKey(Key.Enter) }
            await(English.oneMore("Blue Mug"))

            val selling = model.shift.value!!.selling
            repeat(9) { selling.onEvent(SellEvent.Step(0, 1)) }

            await(English.payAmount("£42.50"))
        }

    @Test
    fun `a wrong PIN is told, and the next try counts anew`() =
        app { _, _ ->
            "9999".forEach { tap(it.toString()) }
            tap(English.signIn)
            await(English.trouble("wrong-pin")!!)
            signIn()
        }

    @Test
    fun `a code that nobody knows is refused with its facts, and the data is safe`() =
        app { _, _ ->
            signIn()
            type("NOTHING")
            onNode(hasSetTextAction()).performKeyInput { pressKey(Key.Enter) }
            await(English.dataSafe)
            tap(English.close)
            waitUntilDoesNotExist(hasText(English.dataSafe), PATIENCE_MS)
        }

    @Test
    fun `a held sale comes back as it was`() =
        app { _, _ ->
            signIn()
            type("MUG")
            onNode(hasSetTextAction()).performKeyInput { pressKey(Key.Enter) }
            tap(English.more)
            tap(English.hold)
            tap(hasClickAction() and hasText(English.hold))
            tap("${English.heldSales} (1)")
            tap(hasClickAction() and hasText("anna", substring = true))
            await(English.payAmount("£4.25"))
        }

    @Test
    fun `nobody signs out of an open sale`() =
        app { model, _ ->
            signIn()
            type("MUG")
            onNode(hasSetTextAction()).performKeyInput { pressKey(Key.Enter) }
            await(English.payAmount("£4.25"))

            model.onEvent(FrameEvent.SignOut)

            await(English.trouble("sale-open")!!)
            await(English.payAmount("£4.25"))
        }

    @Test
    fun `the day is opened with its float, and a sync of its own`() =
        app { model, till ->
            signIn()
            go(English.cash)
            tap(hasClickAction() and hasText(English.openDay))
            await(English.floatHint)
            listOf("7", "5", "00").forEach { tap(hasClickAction() and hasText(it)) }
            tap(hasClickAction() and hasText(English.openDay))

            waitUntilAtLeastOneExists(hasText(English.dayOpenSince(""), substring = true), PATIENCE_MS)
            assertEquals(1uL, till.unsent().documents)
            waitUntil(timeoutMillis = PATIENCE_MS) { runBlocking { till.runs().runs.any { it.trigger == "opening" } } }
            val float = till.history(listOf("cash_movement")).rows.single()
            assertEquals(7500L, float.total.minor)
            val openedMs =
                model.shift.value!!
                    .cash.state.value!!
                    .openedMs!!
            assertTrue(openedMs - float.recordedMs in 0..PATIENCE_MS)
        }

    @Test
    fun `a closure ends the day, and the next one can be opened`() =
        app { model, till ->
            till.signIn("anna", "1234").use { anna ->
                anna.openDay()
                anna.closePeriod()
            }
            signIn()
            go(English.cash)
            await(English.openDayHint)
            assertEquals(
                null,
                model.shift.value!!
                    .cash.state.value!!
                    .openedMs,
            )
        }

    @Test
    fun `the day is closed with what was counted, and it is said how many documents are left to be sent`() =
        app { _, till ->
            signIn()
            go(English.cash)
            tap(hasClickAction() and hasText(English.move(tillkit.CashMove.FLOAT_IN)))
            listOf("5", "0", "00").forEach { tap(hasClickAction() and hasText(it)) }
            tap("${English.record} £50.00")
            await(English.recorded)
            tap(hasClickAction() and hasText(English.closeDay))
            await(English.countedHint)
            listOf("5", "0", "00").forEach { tap(hasClickAction() and hasText(it)) }
            tap(hasClickAction() and hasText(English.closeDay))

            await(English.closed("1"))
            await(English.leftToSend(2))
            assertEquals(2uL, till.unsent().documents)
        }

    @Test
    fun `the history opens a document as it was printed`() =
        app { model, _ ->
            signIn()
            type("MUG")
            onNode(hasSetTextAction()).performKeyInput { pressKey(Key.Enter) }
            tap(English.payAmount("£4.25"))
            tap(hasClickAction() and hasText("Card"))
            tap(English.complete)
            tap(English.newSale)
            go(English.history)
            tap(hasClickAction() and hasText("T3A-000001"))

            await(English.deliveryLong(tillkit.DeliveryMark.LOCAL))
            waitUntilAtLeastOneExists(hasText("Blue Mug", substring = true), PATIENCE_MS)
            assertTrue(model.back())
            await(English.delivery(tillkit.DeliveryMark.LOCAL))
            model.history.onEvent(HistoryEvent.ShowDay("2001-01-01"))
            await(English.noHits)
            val days = model.history.state.value.days
            model.history.onEvent(HistoryEvent.ShowDay(days.single()))
            await(English.delivery(tillkit.DeliveryMark.LOCAL))
        }

    @Test
    fun `a sale is voided for a reason by who may, once, and both documents say so`() =
        app { model, till ->
            val sale =
                till.signIn("anna", "1234").use { anna ->
                    anna.addCode("MUG")
                    anna.payRest("cash")
                    anna.complete()
                }
            // Nobody is signed in: nobody voids.
            go(English.history)
            tap(hasClickAction() and hasText(sale.number))
            await(English.print)
            onNode(hasClickAction() and hasText(English.void)).assertDoesNotExist()

            go(English.sell)
            signIn()
            go(English.history)
            tap(hasClickAction() and hasText(English.void))
            await(English.voidSaleHint("£4.25"))
            val confirm = hasClickAction() and hasText("${English.void} £4.25")
            onNode(confirm).assertIsNotEnabled()
            label(English.reason).performTextInput("wrong mug")
            tap(confirm)

            val void = recorded(till, "void")
            await(English.isVoided(sale.number, void.number))
            assertEquals(-425L, void.total.minor)
            assertEquals(
                void.place,
                model.history.state.value.open!!
                    .row.place,
            )
            assertFalse(model.history.state.value.canVoid)
            assertTrue(model.back())
            await(English.voided)
            tap(hasClickAction() and hasText(sale.number))
            await(English.voided)
            onNode(hasClickAction() and hasText(English.void)).assertDoesNotExist()

            // A till that was started again asks the core.
            model.history.onEvent(HistoryEvent.BeginVoid)
            model.history.onEvent(HistoryEvent.Reason("again"))
            model.history.onEvent(HistoryEvent.Void)
            waitUntilAtLeastOneExists(hasText("voided already", substring = true), PATIENCE_MS)
            assertEquals(1, till.history(listOf("void")).rows.size)
        }

    @Test
    fun `goods of a sale come back by its lines, no more than are left, and then it is not voided`() =
        app { model, till ->
            signIn()
            val sale =
                till.signIn("anna", "1234").use { anna ->
                    anna.addCode("MUG", "3")
                    anna.addCode("CAN")
                    anna.payRest("card")
                    anna.complete()
                }
            go(English.history)
            tap(hasClickAction() and hasText(sale.number))
            tap(hasClickAction() and hasText(English.takeBack))
            await(English.returnHint)
            repeat(2) { tap(English.oneMore("Blue Mug")) }
            tap(hasClickAction() and hasText("Card"))
            tap("${English.takeBack} · 1")

            val back = recorded(till, "return")
            await(English.goodsRecorded(English.kind("return"), back.number))
            assertEquals(-850L, back.total.minor)
            // The return may be voided, the sale no more; what is left of it may come back.
            waitUntil(timeoutMillis = PATIENCE_MS) { model.history.state.value.canVoid }
            assertTrue(model.back())
            tap(hasClickAction() and hasText(sale.number))
            tap(hasClickAction() and hasText(English.takeBack))
            await("${English.sold("3", "1")} · £12.75")
            assertFalse(model.history.state.value.canVoid)
            repeat(4) { model.history.onEvent(HistoryEvent.StepBack(0, 1)) }
            assertEquals(
                listOf("1", "0"),
                model.history.state.value.returning!!
                    .lines
                    .map { it.toPlainString() },
            )
            tap(English.allBack)
            tap(hasClickAction() and hasText("Card"))
            tap("${English.takeBack} · 2")
            waitUntil(timeoutMillis = PATIENCE_MS) { runBlocking { till.history(listOf("return")).rows.size == 2 } }
            assertEquals(
                -745L,
                till
                    .history(listOf("return"))
                    .rows[0]
                    .total.minor,
            )
            assertEquals(listOf("0", "0"), till.document(sale.place).lines.map { it.left })
        }

    @Test
    fun `money goes back by two tenders, each no more than the sale was paid by it`() =
        app { model, till ->
            signIn()
            val sale =
                till.signIn("anna", "1234").use { anna ->
                    anna.addCode("MUG", "3")
                    anna.pay("card", 600, "GBP")
                    anna.payRest("cash")
                    anna.complete()
                }
            go(English.history)
            tap(hasClickAction() and hasText(sale.number))
            tap(hasClickAction() and hasText(English.takeBack))
            tap(English.allBack)
            tap(hasClickAction() and hasText("Cash"))
            tap(hasClickAction() and hasText(English.addRefundPart))
            // A part without an amount is dropped, not recorded as none.
            val record = hasClickAction() and hasText("${English.takeBack} · 1")
            onNode(record).assertIsNotEnabled()
            model.history.onEvent(HistoryEvent.Return)
            tap(English.removeRefundPart)
            await(English.addRefundPart)
            tap(hasClickAction() and hasText(English.addRefundPart))
            label(English.amountOf("GBP")).performTextInput("7")
            tap(record)

            await(English.dataSafe)
            // The core's own sentence, with the cap.
            val cap = hasText("cannot go back by", substring = true) and hasText("6.00", substring = true)
            waitUntilAtLeastOneExists(cap, PATIENCE_MS)
            assertTrue(till.history(listOf("return")).rows.isEmpty())
            tap(English.close)
            label(English.amountOf("GBP")).performTextClearance()
            label(English.amountOf("GBP")).performTextInput("6")
            tap(record)

            val row = recorded(till, "return")
            assertEquals(-1275L, row.total.minor)
            val text = till.document(row.place).text
            listOf("Card +-?6\\.00", "Cash +-?6\\.75").forEach { assertTrue(Regex(it) in text) { text } }
        }

    @Test
    fun `a changed price is marked as one that the next sync replaces`() =
        app { _, _ ->
            signIn()
            go(English.settings)
            tap(English.editPrice)
            type("mug")
            tap(hasClickAction() and hasText("Blue Mug"))
            listOf("3", "9", "5").forEach { tap(hasClickAction() and hasText(it)) }
            tap(English.save)

            await(English.willBeReplaced)
            await("Blue Mug")
        }

    @Test
    fun `the foot of receipts is changed, and stands on the next one`() =
        app { _, till ->
            signIn()
            go(English.settings)
            tap(English.editFooter)
            await(English.footerHint)
            label(English.footerLines).performTextClearance()
            label(English.footerLines).performTextInput("See you soon\nOpen on Sundays\n")
            tap(English.save)
            await(English.willBeReplaced)

            val sale =
                till.signIn("anna", "1234").use { anna ->
                    anna.addCode("MUG")
                    anna.payRest("cash")
                    anna.complete()
                }
            listOf("See you soon\n", "Open on Sundays").forEach { assertTrue(it in sale.text) { sale.text } }
        }

    @Test
    fun `a till that somebody can sign in to is enrolled again by who may, and by nobody else`() =
        app { model, _ ->
            await(English.signIn)
            go(English.settings)
            await(English.signInToEnrol)
            model.settings.onEvent(SettingsEvent.Code("ABCD-EFGH"))
            tap(hasClickAction() and hasText(English.enrol))
            await(English.trouble("no-right")!!)
            tap(English.close)

            go(English.sell)
            signIn()
            go(English.settings)
            tap(hasClickAction() and hasText(English.enrol))
            // The core has let it through to a back office that a preview has not.
            await(English.trouble("no-route")!!)
        }

    private fun SkikoComposeUiTest.label(text: String) = onNode(hasSetTextAction() and hasText(text))

    @Test
    fun `a write-off names its reason, is recorded with a number, and is in the badge`() =
        app { model, till ->
            signIn()
            go(English.goods)
            tap(hasClickAction() and hasText(English.kind("write_off")))
            await(English.reasonNeeded(GoodsKind.WRITE_OFF))
            repeat(2) {
                type("MUG")
                onNode(hasSetTextAction()).performKeyInput { pressKey(Key.Enter) }
                await(English.oneMore("Blue Mug"))
            }
            type("earl")
            tap(hasClickAction() and hasText("Earl Grey Tea"))
            tap(English.oneLess("Earl Grey Tea"))
            waitUntilDoesNotExist(hasText("Earl Grey Tea"), PATIENCE_MS)
            tap(hasClickAction() and hasText(English.details))
            label(English.reason).performTextInput("dropped")
            label(English.reference).performTextInput("W-7")
            tap(hasClickAction() and hasText(English.save))
            tap("${English.record} · ${English.lines(1)}")

            val row = recorded(till, "write_off")
            await(English.goodsRecorded(English.kind("write_off"), row.number))
            await("1 ${English.unsent(1)}")
            assertEquals(1uL, till.unsent().documents)
            val text = till.document(row.place).text
            listOf("quantity: 2", "dropped", "W-7").forEach { assertTrue(it in text) { text } }
            assertFalse("Earl Grey Tea" in text)
            assertEquals(
                null,
                model.shift.value!!
                    .goods.state.value!!
                    .draft,
            )
        }

    private suspend fun SkikoComposeUiTest.recorded(
        till: TillKit,
        kind: String,
    ): tillkit.HistoryRow {
        waitUntil(timeoutMillis = PATIENCE_MS) { runBlocking { till.history(listOf(kind)).rows.isNotEmpty() } }
        return till.history(listOf(kind)).rows.single()
    }

    @Test
    fun `a count takes typed quantities, nothing too, and a code that nobody knows is refused`() =
        app { model, till ->
            signIn()
            go(English.goods)
            tap(hasClickAction() and hasText(English.kind("count")))
            type("NOTHING")
            onNode(hasSetTextAction()).performKeyInput { pressKey(Key.Enter) }
            waitUntilAtLeastOneExists(hasText("NOTHING", substring = true) and hasText("code", substring = true), PATIENCE_MS)
            val goods = model.shift.value!!.goods
            goods.onEvent(GoodsEvent.Type("CAN"))
            goods.onEvent(GoodsEvent.SubmitCode)
            await("Beeswax Candle")
            tap(English.oneLess("Beeswax Candle"))
            await("0")
            type("MUG")
            onNode(hasSetTextAction()).performKeyInput { pressKey(Key.Enter) }
            await("Blue Mug")
            goods.onEvent(GoodsEvent.OpenQuantity(1))
            await(English.save)
            label(English.quantity).performTextInput("11,5")
            tap(English.save)
            await("11.5")
            // A count that was left by mistake goes on where it was.
            assertTrue(model.back())
            await(English.lines(2))
            model.onEvent(FrameEvent.SignOut)
            await(English.goodsBegun)
            tap(hasClickAction() and hasText(English.kind("count")))
            await("11.5")
            tap("${English.record} · ${English.lines(2)}")

            val text = till.document(recorded(till, "count").place).text
            listOf("quantity: 0\n", "quantity: 11.5").forEach { assertTrue(it in text) { text } }
        }

    @Test
    fun `an order is taken for a customer who is written down on the way`() =
        app { _, till ->
            signIn()
            go(English.goods)
            tap(hasClickAction() and hasText(English.takeOrder))
            type("MUG")
            onNode(hasSetTextAction()).performKeyInput { pressKey(Key.Enter) }
            await(English.oneMore("Blue Mug"))
            tap(hasClickAction() and hasText(English.details))
            tap(hasClickAction() and hasText(English.customer))
            label(English.findCustomer).performTextInput("joan")
            tap(hasClickAction() and hasText(English.newCustomer))
            label(English.fact("phone")).performTextInput("0161")
            tap(English.makeCustomer)
            await(English.customerMade("joan"))
            label(English.otherDay).performTextInput("2026-12-24")
            label(English.note).performTextInput("ring first")
            tap(hasClickAction() and hasText(English.save))
            tap("${English.record} · ${English.lines(1)}")

            val text = till.document(recorded(till, "order").place).text
            val joan = till.signIn("anna", "1234").use { it.customers("joan") }.single()
            listOf(joan.key, "2026-12-24", "ring first", "unit_price: 4.25").forEach { assertTrue(it in text) { text } }
            assertEquals("0161", joan.phone)
        }

    @Test
    fun `the customer of a sale is looked for, or made on the spot`() =
        app { model, till ->
            till.signIn("anna", "1234").use { anna ->
                repeat(60) { anna.makeCustomer(tillkit.NewCustomer("Regular $it")) }
            }
            signIn()
            type("MUG")
            onNode(hasSetTextAction()).performKeyInput { pressKey(Key.Enter) }
            tap(English.more)
            tap(hasClickAction() and hasText(English.customer))
            await(English.madeHere)
            val selling = model.shift.value!!.selling
            selling.onEvent(SellEvent.Customers(CustomersEvent.More))
            waitUntil(timeoutMillis = PATIENCE_MS) { found(selling).size == 61 }

            label(English.findCustomer).performTextInput("jones")
            waitUntil(timeoutMillis = PATIENCE_MS) { found(selling).map { it.key } == listOf("c1") }
            tap(hasClickAction() and hasText("Mrs Jones"))
            tap(English.more)
            waitUntilAtLeastOneExists(hasText("Mrs Jones"), PATIENCE_MS)
            tap(hasClickAction() and hasText(English.customer))
            tap(hasClickAction() and hasText(English.newCustomer))
            label(English.customerName).performTextInput("Walk In")
            tap(English.makeCustomer)

            waitUntil(timeoutMillis = PATIENCE_MS) {
                selling.state.value!!
                    .customer
                    ?.name == "Walk In"
            }
            val chosen = selling.state.value!!
            assertEquals(chosen.customer!!.key, chosen.screen.cart!!.customer)
        }

    @Test
    fun `goods whose sale is not named are taken back for a reason, and the money goes back`() =
        app { model, till ->
            signIn()
            go(English.goods)
            tap(hasClickAction() and hasText(English.takeBack))
            repeat(2) {
                type("MUG")
                onNode(hasSetTextAction()).performKeyInput { pressKey(Key.Enter) }
                await(English.oneMore("Blue Mug"))
            }
            await(English.reasonNeeded(GoodsKind.RETURN))
            tap(hasClickAction() and hasText(English.details))
            label(English.reason).performTextInput("cracked")
            // What is refunded is in the currency of the prices.
            onNode(hasText("Euros")).assertDoesNotExist()
            tap(hasClickAction() and hasText("Cash"))
            tap(hasClickAction() and hasText(English.save))
            tap("${English.record} · ${English.lines(1)}")

            val row = recorded(till, "return")
            await(English.goodsRecorded(English.kind("return"), row.number))
            await(English.goesBack("£8.50", "Cash"))
            assertEquals(-850L, row.total.minor)
            // A return is voided as a sale is.
            model.history.onEvent(HistoryEvent.Open(row.place))
            go(English.history)
            tap(hasClickAction() and hasText(English.void))
            await(English.voidReturnHint("£8.50"))
        }

    private fun found(selling: SellModel) =
        (selling.state.value!!.sheet as? SellSheet.Customers)
            ?.customers
            ?.found
            .orEmpty()

    @Test
    fun `unsent documents go into a file by who may, and a file that is no receipt changes nothing`() =
        app { model, till ->
            await(English.signIn)
            go(English.settings)
            await(English.signInToExport)
            tap(hasClickAction() and hasText(English.exportUnsent))
            await(English.trouble("no-right")!!)
            assertEquals(null, files.name)
            tap(English.close)

            go(English.sell)
            signIn()
            till.signIn("anna", "1234").use { it.moveCash(tillkit.CashMove.PAY_IN, "cash", 500, "GBP", "") }
            go(English.settings)
            tap(hasClickAction() and hasText(English.exportUnsent))
            waitUntilAtLeastOneExists(hasText(files.name ?: "is saved", substring = true), PATIENCE_MS)
            assertTrue(files.name!!.startsWith("T3-") && files.bytes!!.isNotEmpty())
            val exported =
                model.settings.state.value!!
                    .files!!
                    .exported!!
            assertTrue(exported.isWhole && exported.documents > 1)

            tap(hasClickAction() and hasText(English.takeReceipt))
            await(English.trouble("receipt-forged")!!)
            assertEquals(1uL, till.unsent().documents)
        }

    @Test
    fun `a run that nobody has asked for ends without a notice, one that somebody has with one`() =
        app { model, till ->
            await(English.signIn)
            till.syncInBackground()
            till.syncInBackground()
            val number = till.syncScreen().lastRun!!.number
            // The timer may have tried again meanwhile.
            waitUntil(timeoutMillis = PATIENCE_MS) {
                val shown =
                    model.sync.state.value!!
                        .screen.lastRun
                (shown?.number ?: 0u) >= number
            }
            repeat(20) {
                assertEquals(null, model.state.value!!.notice)
                waitForIdle()
                Thread.sleep(20)
            }

            model.onEvent(FrameEvent.QuickSync)
            waitUntil(timeoutMillis = PATIENCE_MS) {
                val end = (model.state.value!!.notice as? Notice.Ended)?.end
                end != null && end.number > number
            }
        }

    @Test
    fun `a sync that reaches nobody ends with its cause, and says that the data is safe`() =
        app { _, till ->
            signIn()
            go(English.synchronise)
            tap(English.syncEverything)

            waitUntilAtLeastOneExists(hasText(English.dataSafe, substring = true), PATIENCE_MS)
            waitUntilAtLeastOneExists(hasText(English.trouble("no-route")!!, substring = true), PATIENCE_MS)
            assertFalse(till.syncScreen().lastRun!!.isComplete)
        }

    @Test
    fun `a list of what the till holds opens from the row of its section`() =
        app { model, _ ->
            go(English.synchronise)
            tap(hasClickAction() and hasText("Items"))
            tap(hasClickAction() and hasText("Item cards"))
            await("Beeswax Candle")
            onNode(hasSetTextAction()).performTextInput("earl")
            waitUntilDoesNotExist(hasText("Beeswax Candle"), PATIENCE_MS)
            tap(hasClickAction() and hasText("Earl Grey Tea"))
            await(English.fact("group"))
            await("Drinks")
            assertTrue(model.back())
            await("Earl Grey Tea")
            assertTrue(model.back())
            await("Item cards")
        }

    @Test
    fun `received, sent and the journal are read on the sync page`() =
        app { model, _ ->
            signIn()
            type("MUG")
            onNode(hasSetTextAction()).performKeyInput { pressKey(Key.Enter) }
            tap(English.payAmount("£4.25"))
            tap(hasClickAction() and hasText("Card"))
            tap(English.complete)
            tap(English.newSale)
            go(English.synchronise)

            tap(English.tab(SyncTab.RECEIVED))
            await(English.nothingChanged)
            tap(English.tab(SyncTab.SENT))
            tap(hasClickAction() and hasText(English.section("events")))
            await(English.kind("event"))
            tap(hasClickAction() and hasText(English.section("sales")))
            tap(hasClickAction() and hasText("T3A-000001"))
            await(English.deliveryLong(tillkit.DeliveryMark.LOCAL))
            assertTrue(model.back())
            tap(English.tab(SyncTab.RUNS))
            tap(English.syncEverything)
            waitUntilAtLeastOneExists(hasText(English.trouble("no-route")!!), PATIENCE_MS)
            assertTrue(model.back())
            assertEquals(
                SyncTab.NOW,
                model.sync.state.value!!
                    .tab,
            )
        }

    @Test
    fun `a phone that is no till yet shows its settings, and the other pages are locked`(
        @TempDir folder: File,
    ) = app({ TillKit.open(folder.path, fakeServices()) }) { _, _ ->
        await(English.enrol)
        tap(English.menu)
        waitUntilAtLeastOneExists(hasText(English.locked), PATIENCE_MS)
        assertEquals(4, onAllNodes(hasText(English.locked)).fetchSemanticsNodes().size)
        tap(hasClickAction() and hasText(English.synchronise))
        await(English.trouble("not-enrolled")!!)
    }

    private companion object {
        const val PATIENCE_MS = 20_000L
    }
}
