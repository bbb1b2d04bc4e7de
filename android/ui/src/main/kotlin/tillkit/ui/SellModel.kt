package tillkit.ui

import kotlinx.coroutines.Job
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import tillkit.AmountOff
import tillkit.Cashier
import tillkit.CustomerView
import tillkit.DiscountChoice
import tillkit.HeldSale
import tillkit.NewCustomer
import tillkit.PercentOff
import tillkit.RecordedDocument
import tillkit.SearchHit
import tillkit.SellScreen
import tillkit.SyncAll
import tillkit.TenderChoice
import tillkit.TillException
import tillkit.TillSeveralItems
import tillkit.code
import java.math.BigDecimal

/** What the selling page shows: the core's screen, what is typed, and what lies over the page. */
data class SellState(
    val screen: SellScreen,
    val query: String = "",
    val isPaying: Boolean = false,
    val sheet: SellSheet? = null,
    val completed: RecordedDocument? = null,
    val isOffline: Boolean = false,
    /** Who was chosen last: the core's screen has the key alone. */
    val customer: CustomerView? = null,
)

/** A panel over the selling page. */
sealed interface SellSheet {
    /** How much is paid by this tender, in minor units as typed. */
    data class Amount(
        val tender: TenderChoice,
        val digits: String = "",
    ) : SellSheet

    /** What is taken off a line, or off the receipt if there is none. */
    data class Discount(
        val line: Int?,
        val isPercent: Boolean = true,
        val digits: String = "",
    ) : SellSheet

    /** How much of a line is sold, as typed. */
    data class Quantity(
        val line: Int,
        val typed: TypedQuantity = TypedQuantity(),
    ) : SellSheet

    /** Which of the items that have one code is meant. */
    data class Which(
        val hits: List<SearchHit>,
    ) : SellSheet

    /** What one of a line is sold for instead, in minor units as typed, and why. */
    data class Price(
        val line: Int,
        val digits: String = "",
        val reason: String = "",
    ) : SellSheet

    /** Sales set aside; one that today's settings refused to take up again may be given up. */
    data class Held(
        val sales: List<HeldSale>,
        val refused: String? = null,
    ) : SellSheet

    data class Hold(
        val label: String = "",
    ) : SellSheet

    data class Customers(
        val customers: CustomersState,
    ) : SellSheet

    data object More : SellSheet
}

sealed interface SellEvent {
    data class Type(
        val query: String,
    ) : SellEvent

    /** Enter, or a scanner's: what is typed is a code. */
    data object SubmitCode : SellEvent

    data object Scan : SellEvent

    data class AddHit(
        val hit: SearchHit,
    ) : SellEvent

    data class Step(
        val line: Int,
        val by: Int,
    ) : SellEvent

    data class Remove(
        val line: Int,
    ) : SellEvent

    data object Pay : SellEvent

    data object BackToCart : SellEvent

    data class PayExact(
        val tender: TenderChoice,
    ) : SellEvent

    data class RemovePayment(
        val index: Int,
    ) : SellEvent

    data object Complete : SellEvent

    data object NewSale : SellEvent

    data object Print : SellEvent

    data class Open(
        val sheet: SellSheet,
    ) : SellEvent

    data object OpenHeld : SellEvent

    data object OpenCustomers : SellEvent

    data object CloseSheet : SellEvent

    data class Press(
        val key: Key,
    ) : SellEvent

    data class DiscountBy(
        val isPercent: Boolean,
    ) : SellEvent

    data class Label(
        val label: String,
    ) : SellEvent

    data class Quantity(
        val typed: TypedQuantity,
    ) : SellEvent

    data class Reason(
        val reason: String,
    ) : SellEvent

    /** Takes what the open panel says. */
    data object Take : SellEvent

    data object NoDiscount : SellEvent

    data class Recall(
        val sale: HeldSale,
    ) : SellEvent

    data class Discard(
        val sale: HeldSale,
    ) : SellEvent

    data class Customers(
        val event: CustomersEvent,
    ) : SellEvent

    data object CancelSale : SellEvent

    data object QuickSync : SellEvent
}

/** The selling of one cashier, from sign-in to sign-out. */
class SellModel(
    private val desk: Desk,
    private val cashier: Cashier,
    private val scanner: Scanner?,
) {
    private val shown = MutableStateFlow<SellState?>(null)
    val state: StateFlow<SellState?> = shown.asStateFlow()

    private val inTurn = InTurn(desk)
    private val book =
        CustomerBook(cashier, inTurn, { (shown.value?.sheet as? SellSheet.Customers)?.customers }, ::found) { customer, _ ->
            showing { choose(customer) }
        }
    private var searching: Job? = null

    fun load() = inTurn.attempt { show() }

    fun onEvent(event: SellEvent) {
        when (event) {
            is SellEvent.Type -> {
                type(event.query)
            }

            SellEvent.SubmitCode -> {
                submitCode(shown.value?.query.orEmpty())
            }

            SellEvent.Scan -> {
                desk.attempt { scanner?.scan()?.let(::submitCode) }
            }

            is SellEvent.AddHit -> {
                then { closing { add { addItem(event.hit.item, ONE) } } }
            }

            is SellEvent.Step -> {
                then { step(event.line, event.by) }
            }

            is SellEvent.Remove -> {
                then { cashier.removeLine(event.line) }
            }

            SellEvent.Pay -> {
                change { copy(isPaying = true, query = "") }
            }

            SellEvent.BackToCart -> {
                change { copy(isPaying = false) }
            }

            is SellEvent.PayExact -> {
                then { cashier.payRest(event.tender.tender) }
            }

            is SellEvent.RemovePayment -> {
                then { cashier.removeTender(event.index) }
            }

            SellEvent.Complete -> {
                then { complete() }
            }

            SellEvent.NewSale -> {
                change { copy(completed = null) }
            }

            SellEvent.Print -> {
                desk.attempt { shown.value?.completed?.let { desk.till.print(it.place) } }
            }

            is SellEvent.Open -> {
                change { copy(sheet = event.sheet) }
            }

            SellEvent.OpenHeld -> {
                then { open(SellSheet.Held(cashier.held())) }
            }

            SellEvent.OpenCustomers -> {
                then { open(SellSheet.Customers(book.find(""))) }
            }

            SellEvent.CloseSheet -> {
                change { copy(sheet = null) }
            }

            is SellEvent.Press -> {
                press(event.key)
            }

            is SellEvent.DiscountBy -> {
                sheet<SellSheet.Discount> { copy(isPercent = event.isPercent, digits = "") }
            }

            is SellEvent.Label -> {
                sheet<SellSheet.Hold> { copy(label = event.label) }
            }

            is SellEvent.Quantity -> {
                sheet<SellSheet.Quantity> { copy(typed = event.typed) }
            }

            is SellEvent.Reason -> {
                sheet<SellSheet.Price> { copy(reason = event.reason) }
            }

            SellEvent.Take -> {
                then { take() }
            }

            SellEvent.NoDiscount -> {
                then { noDiscount() }
            }

            is SellEvent.Recall -> {
                then { closing { recall(event.sale.id) } }
            }

            is SellEvent.Discard -> {
                then {
                    cashier.discardHeld(event.sale.id)
                    open(SellSheet.Held(cashier.held()))
                }
            }

            is SellEvent.Customers -> {
                book.onEvent(event.event)
            }

            SellEvent.CancelSale -> {
                then { closing { cashier.cancelSale() } }
            }

            SellEvent.QuickSync -> {
                desk.sync(SyncAll)
            }
        }
    }

    fun offline(isOffline: Boolean) = change { copy(isOffline = isOffline) }

    /** Documents that were sent meanwhile leave the badge. */
    fun refresh() = inTurn.attempt { show() }

    fun back(): Boolean {
        val now = shown.value ?: return false
        when {
            now.sheet != null -> onEvent(SellEvent.CloseSheet)
            now.completed != null -> onEvent(SellEvent.NewSale)
            now.isPaying -> onEvent(SellEvent.BackToCart)
            now.query.isNotEmpty() -> type("")
            else -> return false
        }
        return true
    }

    /** Searches when the typing pauses; what is typed is shown at once. */
    private fun type(query: String) {
        change { copy(query = query) }
        searching?.cancel()
        searching =
            desk.scope.launch {
                delay(PAUSE_MS)
                inTurn.attempt { show() }
            }
    }

    private fun submitCode(code: String) {
        val typed = code.trim()
        if (typed.isEmpty()) return
        then {
            try {
                add { addCode(typed, ONE) }
            } catch (several: TillSeveralItems) {
                open(SellSheet.Which(cashier.hitsOf(several, typed)))
            }
        }
    }

    private suspend fun add(verb: suspend Cashier.() -> Int) {
        cashier.verb()
        change { copy(query = "", completed = null) }
    }

    private suspend fun step(
        line: Int,
        by: Int,
    ) {
        val cart = cashier.sellScreen("").cart ?: return
        val quantity =
            cart.lines
                .getOrNull(line)
                ?.quantity
                ?.toBigDecimalOrNull() ?: return
        setQuantity(line, quantity + by.toBigDecimal())
    }

    private suspend fun setQuantity(
        line: Int,
        quantity: BigDecimal,
    ) = if (quantity.signum() > 0) cashier.setQuantity(line, quantity.toPlainString()) else cashier.removeLine(line)

    /** A line is what it was sold at: with another price it is another line. */
    private suspend fun reprice(sheet: SellSheet.Price) {
        val cart = cashier.sellScreen("").cart ?: return
        val line = cart.lines.getOrNull(sheet.line) ?: return
        val minor = sheet.digits.toLongOrNull() ?: return
        val price = BigDecimal.valueOf(minor, decimalsOf(cart.total.currency))
        cashier.addItemAt(line.item, line.quantity, price.toPlainString(), sheet.reason.trim())
        cashier.removeLine(sheet.line)
    }

    private suspend fun complete() {
        val document = cashier.complete()
        change { copy(completed = document, isPaying = false, query = "", sheet = null) }
    }

    private fun press(key: Key) {
        sheet<SellSheet.Amount> { copy(digits = key.after(digits, MOST_DIGITS)) }
        sheet<SellSheet.Discount> { copy(digits = key.after(digits, if (isPercent) PERCENT_DIGITS else MOST_DIGITS)) }
        sheet<SellSheet.Price> { copy(digits = key.after(digits, MOST_DIGITS)) }
    }

    private suspend fun take() {
        when (val sheet = shown.value?.sheet) {
            is SellSheet.Amount -> {
                val minor = sheet.digits.toLongOrNull() ?: return
                closing { cashier.pay(sheet.tender.tender, minor, sheet.tender.currency, null) }
            }

            is SellSheet.Discount -> {
                discount(sheet)
            }

            is SellSheet.Quantity -> {
                val quantity = sheet.typed.quantity ?: return
                closing { setQuantity(sheet.line, quantity) }
            }

            is SellSheet.Price -> {
                closing { reprice(sheet) }
            }

            is SellSheet.Hold -> {
                closing {
                    cashier.hold(sheet.label)
                    change { copy(isPaying = false) }
                }
            }

            is SellSheet.Held, is SellSheet.Customers, is SellSheet.Which, SellSheet.More, null -> {
                return
            }
        }
    }

    private suspend fun discount(sheet: SellSheet.Discount) {
        val minor = sheet.digits.toLongOrNull() ?: return
        val choice = if (sheet.isPercent) PercentOff(minor.toString()) else AmountOff(minor)
        closing { setDiscount(sheet.line, choice) }
    }

    private suspend fun noDiscount() {
        val sheet = shown.value?.sheet as? SellSheet.Discount ?: return
        closing { setDiscount(sheet.line, null) }
    }

    private suspend fun setDiscount(
        line: Int?,
        choice: DiscountChoice?,
    ) = if (line == null) cashier.discountReceipt(choice) else cashier.discountLine(line, choice)

    private suspend fun choose(customer: CustomerView?) =
        closing {
            cashier.setCustomer(customer?.key)
            change { copy(customer = customer) }
        }

    private fun found(what: CustomersState.() -> CustomersState) = sheet<SellSheet.Customers> { SellSheet.Customers(customers.what()) }

    private suspend fun closing(verb: suspend () -> Unit) {
        verb()
        change { copy(sheet = null) }
    }

    private fun open(sheet: SellSheet) = change { copy(sheet = sheet) }

    /** Takes a held sale back, and says what today's settings changed of it. */
    private suspend fun recall(id: String) {
        val recalled =
            try {
                cashier.recall(id)
            } catch (refused: TillException) {
                // Beside an open sale it is not refused for what it is.
                if (refused.code != "sale-open") sheet<SellSheet.Held> { copy(refused = id) }
                throw refused
            }
        val rates = recalled.rates.joinToString { "${it.name} ${it.beforePercent} % → ${it.nowPercent} %" }
        val (from, rate) = recalled.changeoverFrom to recalled.changeoverRate
        if (rates.isEmpty() && from == null) return
        desk.say(
            Notice.Done { strings ->
                listOfNotNull(
                    strings.ratesChanged(rates).takeIf { rates.isNotEmpty() },
                    from?.let { strings.currencyChanged(it, rate.orEmpty()) },
                ).joinToString(" ")
            },
        )
    }

    /** Does a verb in its turn, and shows what has become of the sale. */
    private fun then(verb: suspend () -> Unit) = inTurn.attempt { showing(verb) }

    private suspend fun showing(verb: suspend () -> Unit) =
        try {
            verb()
        } finally {
            show()
        }

    private suspend fun show() {
        val query = shown.value?.query.orEmpty()
        val screen = cashier.sellScreen(query)
        shown.update { now ->
            // Without anything in the cart there is nothing to pay.
            now?.copy(screen = screen, isPaying = now.isPaying && screen.cart != null) ?: SellState(screen)
        }
    }

    private fun change(what: SellState.() -> SellState) = shown.update { it?.what() }

    private inline fun <reified S : SellSheet> sheet(crossinline what: S.() -> S) =
        change {
            val open = sheet
            if (open is S) copy(sheet = open.what()) else this
        }

    private companion object {
        const val ONE = "1"
        const val PAUSE_MS = 150L
        const val MOST_DIGITS = 9
        const val PERCENT_DIGITS = 3
    }
}

/** The items that have one code, with their prices, to choose from. */
internal suspend fun Cashier.hitsOf(
    several: TillSeveralItems,
    code: String,
): List<SearchHit> {
    val keys = several.items.map { it.item }
    return sellScreen(code).hits.filter { it.item in keys }
}

/** Reads a code with the phone's camera, where there is one; nothing if the cashier gave up. */
fun interface Scanner {
    suspend fun scan(): String?
}
