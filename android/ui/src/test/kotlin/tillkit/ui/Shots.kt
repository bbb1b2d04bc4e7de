package tillkit.ui

import androidx.compose.runtime.Composable
import androidx.compose.ui.geometry.Size
import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.SkikoComposeUiTest
import androidx.compose.ui.test.hasScrollToNodeAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performScrollTo
import androidx.compose.ui.test.performScrollToNode
import androidx.compose.ui.test.runSkikoComposeUiTest
import androidx.compose.ui.unit.Density
import tillkit.NewCustomer
import tillkit.SyncSample
import java.time.ZoneOffset

/** A page in a state that is worth a picture. */
data class Shot(
    val name: String,
    val strings: Strings = English,
    val isDark: Boolean = false,
    val fontScale: Float = 1f,
    /** The text to scroll to before the picture is taken. */
    val at: String? = null,
    val page: @Composable () -> Unit,
) {
    override fun toString() = name
}

/** Every page in its main states. */
object Shots {
    private fun sync(
        name: String,
        sample: SyncSample,
        change: SyncState.() -> SyncState = { this },
    ) = Shot("sync-$name") {
        Frame(Samples.frame(Place.SYNC, sample), {}) { SyncPage(Samples.sync(sample).change(), {}) }
    }

    private fun sell(
        name: String,
        state: SellState,
        sample: SyncSample = SyncSample.UNSENT,
    ) = Shot("sell-$name") {
        Frame(Samples.frame(Place.SELL, sample), {}) { SellPage(state, hasScanner = false, onEvent = {}) }
    }

    private fun signIn(
        name: String,
        state: SignInState,
    ) = Shot("signin-$name") { Frame(Samples.frame(Place.SELL, user = null), {}) { SignInPage(state, {}) } }

    private fun history(
        name: String,
        state: HistoryState,
    ) = Shot(name) { Frame(Samples.frame(Place.HISTORY), {}) { HistoryPage(state, {}) } }

    private fun cash(
        name: String,
        state: CashState,
    ) = Shot(name) { Frame(Samples.frame(Place.CASH), {}) { CashPage(state, {}) } }

    private fun goods(
        name: String,
        state: GoodsState,
    ) = Shot(name) {
        Frame(Samples.frame(Place.GOODS), {}) { GoodsPage(state, hasScanner = false, onEvent = {}) }
    }

    private fun settings(
        name: String,
        state: SettingsState,
        sample: SyncSample = SyncSample.UP_TO_DATE,
    ) = Shot(name) {
        Frame(Samples.frame(Place.SETTINGS, sample), {}) { SettingsPage(state, hasScanner = false, onEvent = {}) }
    }

    private val unsent = sync("unsent", SyncSample.UNSENT)
    private val cart = sell("cart", Samples.sell(Samples.cart))
    private val pay = sell("pay", Samples.sell(Samples.cart).copy(isPaying = true))
    private val red = sync("red", SyncSample.RED)

    private val pieces = cash("cash-pieces", Samples.countingPieces)
    private val split = history("history-splitting", Samples.splitting).copy(at = English.refundPartNeeded)

    private val light =
        listOf(
            sync("new", SyncSample.NEW),
            sync("enrolled", SyncSample.ENROLLED),
            sync("first", SyncSample.FIRST_SYNC),
            sync("up-to-date", SyncSample.UP_TO_DATE),
            unsent,
            sync("offline", SyncSample.OFFLINE),
            sync("news", SyncSample.NEWS),
            red,
            sync("running", SyncSample.RUNNING),
            sync("stages", SyncSample.RUNNING) { copy(barsAreOpen = true) },
            sync("menu", SyncSample.UNSENT) { copy(menuIsOpen = true) },
            sync("objects", SyncSample.RED) { copy(openSection = "directories") },
            sync("list", SyncSample.UP_TO_DATE) { copy(objects = Samples.objects) },
            sync("row", SyncSample.UP_TO_DATE) { copy(row = Samples.mug) },
            sync("picture", SyncSample.UP_TO_DATE) { copy(row = Samples.tin) },
            sync("received", SyncSample.UP_TO_DATE) { copy(tab = SyncTab.RECEIVED, changes = Samples.changes) },
            sync("sent", SyncSample.UNSENT) { copy(tab = SyncTab.SENT, sent = Samples.history) },
            sync("journal", SyncSample.UP_TO_DATE) { copy(tab = SyncTab.RUNS, runs = Samples.runs) },
            sync("gate-red", SyncSample.GATE_RED),
            sync("superseded", SyncSample.UNSENT) { copy(screen = screen.copy(receiveTrouble = Samples.superseded)) },
            sync(
                "superseded-czech",
                SyncSample.UNSENT,
            ) { copy(screen = screen.copy(receiveTrouble = Samples.superseded)) }.copy(strings = Czech),
            sync("newer", SyncSample.NEWER) { copy(openSection = "items") }.copy(at = English.kind("group_link")),
            unsent.copy(name = "sync-unsent-rows", at = English.section("events")),
            red.copy(name = "sync-red-rows", at = English.section("stock")),
            signIn("users", SignInState(Samples.users)),
            signIn("pin", SignInState(Samples.users, Samples.users[0], digits = 3)),
            signIn(
                "wrong",
                SignInState(
                    Samples.users,
                    Samples.users[0],
                    refusal = Notice.Refusal("wrong-pin", "user and PIN do not fit; 4 tries left", true),
                ),
            ),
            sell("empty", Samples.sell()),
            sell("hits", Samples.sell(Samples.cart, "tea", Samples.hits)),
            cart,
            sell("customer", Samples.withCustomer),
            sell("offline", Samples.sell(Samples.cart).copy(isOffline = true), SyncSample.OFFLINE),
            pay,
            sell("partly", Samples.sell(Samples.partlyPaid).copy(isPaying = true)),
            sell("change", Samples.sell(Samples.overPaid).copy(isPaying = true)),
            sell(
                "amount",
                Samples.sell(Samples.cart).copy(isPaying = true, sheet = SellSheet.Amount(Samples.tenders[1], "2000")),
            ),
            sell("discount", Samples.sell(Samples.cart).copy(sheet = SellSheet.Discount(0, true, "10"))),
            sell("quantity", Samples.sell(Samples.cart).copy(sheet = SellSheet.Quantity(1, Samples.typed("24")))),
            sell("price", Samples.sell(Samples.cart).copy(sheet = SellSheet.Price(2, "375", "Scratched"))),
            sell("price-czech", Samples.sell(Samples.cart).copy(sheet = SellSheet.Price(2, "375", ""))).copy(strings = Czech),
            sell("more", Samples.sell(Samples.cart).copy(sheet = SellSheet.More)),
            sell("paid", Samples.sell().copy(completed = Samples.document)),
            history("history", Samples.history),
            history("history-document", Samples.opened),
            history("history-voiding", Samples.voiding),
            history("history-voiding-czech", Samples.voiding).copy(strings = Czech),
            history("history-returning", Samples.returning),
            history("history-returning-czech", Samples.returning).copy(strings = Czech),
            history("history-splitting-czech", Samples.splitting).copy(strings = Czech, at = Czech.refundPartNeeded),
            history("history-voided", Samples.withVoid),
            history("history-voided-document", Samples.voidedOpen),
            cash("cash", Samples.cash),
            cash("cash-not-open", Samples.cash.copy(openedMs = null)),
            cash("cash-no-right", Samples.cash.copy(mayMove = false, mayClose = false, openedMs = null)),
            cash("cash-opening", Samples.opening),
            cash("cash-movement", Samples.movement),
            cash("cash-counting", Samples.counting),
            cash("cash-closing", Samples.counting.copy(isBusy = true)).copy(at = English.closingDay),
            cash("cash-pieces-czech", Samples.countingPieces).copy(strings = Czech),
            cash("cash-pieces-sum", Samples.countingPieces).copy(at = English.closeDayQuestion),
            cash("cash-pieces-wrong", Samples.wrongPieces).copy(at = English.closeDayQuestion),
            cash("cash-closed", Samples.closed),
            goods("goods", Samples.goods),
            goods(
                "goods-recorded",
                Samples.goods.copy(recorded = GoodsRecorded("goods_receipt", "T3A-000119", 5, Samples.takenBack.place)),
            ),
            goods("goods-begun", Samples.goods.copy(begun = mapOf(GoodsKind.COUNT to Samples.drafted(GoodsKind.COUNT).draft!!))),
            goods("goods-no-right", Samples.goods.copy(mayMove = false)),
            goods("goods-receipt", Samples.drafted(GoodsKind.GOODS_RECEIPT)),
            goods("goods-write-off", Samples.drafted(GoodsKind.WRITE_OFF)),
            goods("goods-transfer", Samples.drafted(GoodsKind.TRANSFER).copy(sheet = GoodsSheet.Details)),
            goods("goods-count", Samples.drafted(GoodsKind.COUNT).copy(sheet = GoodsSheet.Details)),
            goods("goods-quantity", Samples.drafted(GoodsKind.COUNT).copy(sheet = GoodsSheet.Quantity(2, Samples.typed("1,5")))),
            goods("goods-order", Samples.drafted(GoodsKind.ORDER).copy(sheet = GoodsSheet.Details)),
            goods(
                "goods-hits",
                Samples.goods.copy(draft = GoodsDraft(GoodsKind.COUNT, query = "tea", hits = Samples.objects.rows)),
            ),
            goods(
                "goods-customer",
                Samples.goods.copy(sheet = GoodsSheet.Customers(CustomersState(new = NewCustomer("Joan Miller")))),
            ),
            goods("goods-return", Samples.drafted(GoodsKind.RETURN)),
            goods("goods-return-details", Samples.drafted(GoodsKind.RETURN).copy(sheet = GoodsSheet.Details)),
            goods("goods-return-czech", Samples.drafted(GoodsKind.RETURN).copy(sheet = GoodsSheet.Details)).copy(strings = Czech),
            goods("goods-returned", Samples.goods.copy(recorded = Samples.takenBack)),
            goods("goods-giving-up", Samples.drafted(GoodsKind.COUNT).copy(sheet = GoodsSheet.GivingUp)),
            goods("goods-czech", Samples.goods).copy(strings = Czech),
            goods("goods-transfer-czech", Samples.drafted(GoodsKind.TRANSFER).copy(sheet = GoodsSheet.Details)).copy(strings = Czech),
            goods("goods-order-czech", Samples.drafted(GoodsKind.ORDER).copy(sheet = GoodsSheet.Details)).copy(strings = Czech),
            goods("goods-write-off-czech", Samples.drafted(GoodsKind.WRITE_OFF)).copy(strings = Czech),
            sell("customers", Samples.sell(Samples.cart).copy(sheet = SellSheet.Customers(Samples.customers))),
            sell("customers-czech", Samples.sell(Samples.cart).copy(sheet = SellSheet.Customers(Samples.customers))).copy(strings = Czech),
            settings("settings", Samples.settings),
            settings("settings-new", Samples.settingsNew, SyncSample.NEW),
            settings("settings-again", Samples.settings.copy(user = null, rights = emptySet()))
                .copy(at = English.signInToEnrol),
            settings("settings-no-right", Samples.settings.copy(rights = emptySet())).copy(at = English.notAllowedToEnrol),
            settings("settings-exported", Samples.exported).copy(at = English.exportUnsettledHint),
            settings("settings-receipt", Samples.receiptTaken).copy(at = English.exportUnsettledHint),
            settings("settings-centre", Samples.preview),
            settings("settings-centre-same", Samples.sameCentre),
            settings("settings-centre-czech", Samples.preview).copy(strings = Czech),
            settings("settings-tested", Samples.tested).copy(at = English.testConnection),
            settings(
                "settings-footer",
                Samples.settings.copy(footer = FooterState("main", "Thank you\nOpen on Sundays until Christmas")),
            ),
            settings(
                "settings-price",
                Samples.settings.copy(price = PriceState("tea", Samples.hits, Samples.hits[0], "299")),
            ),
            Shot("menu") {
                Frame(Samples.frame(Place.SELL).copy(menuIsOpen = true), {
                }) { SellPage(Samples.sell(), hasScanner = false, onEvent = {}) }
            },
            Shot("menu-new") {
                Frame(Samples.frame(Place.SETTINGS, SyncSample.NEW, user = null).copy(menuIsOpen = true), {}) {
                    SettingsPage(Samples.settingsNew, hasScanner = false, onEvent = {})
                }
            },
            Shot("notice") {
                val refusal = Notice.Refusal("not-for-sale", "Blue Mug is not for sale", isDataSafe = true)
                Frame(Samples.frame(Place.SELL).copy(notice = refusal), {}) {
                    SellPage(Samples.sell(Samples.cart), hasScanner = false, onEvent = {})
                }
            },
        )

    val all =
        light +
            listOf(unsent, cart).flatMap {
                listOf(
                    it.copy(name = "${it.name}-dark", isDark = true),
                    it.copy(name = "${it.name}-czech", strings = Czech),
                    it.copy(name = "${it.name}-large", fontScale = 2f),
                )
            } +
            listOf(pieces, split).flatMap {
                listOf(it, it.copy(name = "${it.name}-dark", isDark = true), it.copy(name = "${it.name}-large", fontScale = 2f))
            } +
            listOf(pay, red).flatMap {
                listOf(
                    it.copy(name = "${it.name}-large", fontScale = 2f),
                    it.copy(name = "${it.name}-larger", fontScale = 1.3f),
                )
            }
}

/** A phone of 390 × 844 dp that shows this page, at a fixed moment in a fixed zone. */
@OptIn(ExperimentalTestApi::class)
fun onPhone(
    shot: Shot,
    test: suspend SkikoComposeUiTest.() -> Unit,
) = runSkikoComposeUiTest(Size(WIDTH * DENSITY, HEIGHT * DENSITY), Density(DENSITY, shot.fontScale)) {
    setContent {
        TillScreen(shot.strings, shot.isDark, bundledFonts(), Samples.now, ZoneOffset.UTC, content = shot.page)
    }
    shot.at?.let { text ->
        val list = onAllNodes(hasScrollToNodeAction()).fetchSemanticsNodes().isNotEmpty()
        if (list) {
            onNode(
                hasScrollToNodeAction(),
            ).performScrollToNode(hasText(text))
        } else {
            onNodeWithText(text).performScrollTo()
        }
    }
    test()
}

private const val WIDTH = 390f
private const val HEIGHT = 844f
const val DENSITY = 2f
