package tillkit.ui

import kotlinx.coroutines.Job
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import tillkit.Amount
import tillkit.Cashier
import tillkit.CustomerView
import tillkit.DocumentPlace
import tillkit.FactText
import tillkit.GoodsLine
import tillkit.GoodsMoved
import tillkit.NewCustomer
import tillkit.ObjectRow
import tillkit.OrderWanted
import tillkit.ReturnedLine
import tillkit.SearchHit
import tillkit.StockMovement
import tillkit.TenderChoice
import tillkit.TenderKind
import tillkit.TillException
import tillkit.TillRefused
import tillkit.TillSeveralItems
import tillkit.TillTwoReadings
import tillkit.parseAmount
import tillkit.parseQuantity
import java.math.BigDecimal
import java.util.Locale

/** Documents about goods that are not sold by them. */
enum class GoodsKind(
    /** As the core names the kind of the document. */
    val kind: String,
    /** What happens to the goods where no customer is concerned. */
    val movement: StockMovement?,
) {
    GOODS_RECEIPT("goods_receipt", StockMovement.GOODS_RECEIPT),
    GOODS_RETURN("goods_return", StockMovement.GOODS_RETURN),
    TRANSFER("transfer", StockMovement.TRANSFER),
    COUNT("count", StockMovement.COUNT),
    WRITE_OFF("write_off", StockMovement.WRITE_OFF),

    /** Of a customer whose sale is not named: it was made at another till, or its receipt is lost. */
    RETURN("return", null),
    ORDER("order", null),
}

/** The documents that can be made, and the one that is being made. */
data class GoodsState(
    val mayMove: Boolean = false,
    val mayOrder: Boolean = false,
    val mayTakeBack: Boolean = false,
    /** How money can go back: in the currency of the prices. */
    val tenders: List<TenderChoice> = emptyList(),
    val warehouses: List<ObjectRow> = emptyList(),
    /** Audit plans that came down. */
    val plans: List<ObjectRow> = emptyList(),
    val draft: GoodsDraft? = null,
    /** Documents that were begun and left: they wait where they were. */
    val begun: Map<GoodsKind, GoodsDraft> = emptyMap(),
    val sheet: GoodsSheet? = null,
    val recorded: GoodsRecorded? = null,
)

/** A document as far as it is typed. */
data class GoodsDraft(
    val kind: GoodsKind,
    val lines: List<DraftLine> = emptyList(),
    val query: String = "",
    /** Nothing until it was looked for. */
    val hits: List<ObjectRow>? = null,
    val reason: String = "",
    val reference: String = "",
    /** Where the goods are; in the centre's own, if it is none. */
    val warehouse: ObjectRow? = null,
    val toWarehouse: ObjectRow? = null,
    val plan: ObjectRow? = null,
    val refund: TenderChoice? = null,
    val customer: CustomerView? = null,
    val note: String = "",
    val wantedDay: String = "",
) {
    /** What the core would refuse it for. */
    val lacksReason get() = kind in WITH_REASON && reason.isBlank()
    val lacksRefund get() = kind == GoodsKind.RETURN && refund == null
    val lacksWarehouse get() = kind == GoodsKind.TRANSFER && toWarehouse == null

    /** On account, money goes back to somebody. */
    val lacksCustomer get() = refund?.kind == TenderKind.CUSTOMER_CREDIT && customer == null
    val canRecord get() = lines.isNotEmpty() && !lacksReason && !lacksWarehouse && !lacksRefund && !lacksCustomer

    private companion object {
        val WITH_REASON = setOf(GoodsKind.WRITE_OFF, GoodsKind.RETURN)
    }
}

/** Goods, and how much of them, a decimal number. */
data class DraftLine(
    val item: String,
    val name: String,
    val quantity: String,
)

/** What was recorded last, and how many documents are to be sent with it. */
data class GoodsRecorded(
    val kind: String,
    val number: String,
    val unsent: Long,
    val place: DocumentPlace,
    /** What goes out of the drawer for it, and how. */
    val paidOut: Pair<Amount, String>? = null,
)

/** A panel over the goods page. */
sealed interface GoodsSheet {
    /** Reason, reference, where to, who wants it and when. */
    data object Details : GoodsSheet

    /** Whether what was scanned is really to be forgotten. */
    data object GivingUp : GoodsSheet

    data class Quantity(
        val line: Int,
        val typed: TypedQuantity = TypedQuantity(),
    ) : GoodsSheet

    /** Which of the items that have one code is meant. */
    data class Which(
        val hits: List<SearchHit>,
    ) : GoodsSheet

    /** For the order that is being taken; without one, a customer is only written down. */
    data class Customers(
        val customers: CustomersState,
    ) : GoodsSheet
}

sealed interface GoodsEvent {
    data class Start(
        val kind: GoodsKind,
    ) : GoodsEvent

    data object NewCustomer : GoodsEvent

    /** Leaves the document as it is, for later. */
    data object Leave : GoodsEvent

    /** Forgets the document; asks first, where something was scanned. */
    data object GiveUp : GoodsEvent

    data class Type(
        val query: String,
    ) : GoodsEvent

    /** Enter, or a scanner's: what is typed is a code. */
    data object SubmitCode : GoodsEvent

    data object Scan : GoodsEvent

    data class Add(
        val item: ObjectRow,
    ) : GoodsEvent

    data class Choose(
        val hit: SearchHit,
    ) : GoodsEvent

    data class Step(
        val line: Int,
        val by: Int,
    ) : GoodsEvent

    data class Remove(
        val line: Int,
    ) : GoodsEvent

    data class OpenQuantity(
        val line: Int,
    ) : GoodsEvent

    data class TypeQuantity(
        val typed: TypedQuantity,
    ) : GoodsEvent

    data object TakeQuantity : GoodsEvent

    data object OpenDetails : GoodsEvent

    data object OpenCustomers : GoodsEvent

    data class Customers(
        val event: CustomersEvent,
    ) : GoodsEvent

    data class Change(
        val draft: GoodsDraft,
    ) : GoodsEvent

    data object CloseSheet : GoodsEvent

    data object Record : GoodsEvent

    /** Prints what was recorded last. */
    data object Print : GoodsEvent
}

/** Goods that come, go, are moved, counted, written off or ordered, by one cashier. */
class GoodsModel(
    private val desk: Desk,
    private val cashier: Cashier,
    private val scanner: Scanner?,
) {
    private val shown = MutableStateFlow<GoodsState?>(null)
    val state: StateFlow<GoodsState?> = shown.asStateFlow()

    private val inTurn = InTurn(desk)
    private val book =
        CustomerBook(cashier, inTurn, { (shown.value?.sheet as? GoodsSheet.Customers)?.customers }, ::found, ::choose)
    private var searching: Job? = null

    /** Whether a document that is not recorded would be lost. */
    val hasDraft get() =
        shown.value
            ?.left()
            ?.begun
            .orEmpty()
            .isNotEmpty()

    fun load() =
        inTurn.attempt {
            val screen = cashier.sellScreen()
            val rights = screen.rights
            val home = homeCurrency()
            val warehouses = desk.till.objects("warehouse", limit = MOST_CHOICES).rows
            val plans = desk.till.objects("audit_plan", limit = MOST_CHOICES).rows
            shown.update {
                (it ?: GoodsState()).copy(
                    mayMove = "stock" in rights,
                    mayOrder = "sell" in rights,
                    mayTakeBack = "return" in rights && "return_without_sale" in rights,
                    tenders = screen.tenders.filter { it.currency == home },
                    warehouses = warehouses,
                    plans = plans,
                )
            }
        }

    fun onEvent(event: GoodsEvent) {
        when (event) {
            is GoodsEvent.Start -> {
                change { copy(draft = begun[event.kind] ?: GoodsDraft(event.kind), recorded = null) }
            }

            GoodsEvent.NewCustomer -> {
                openCustomers(CustomersState(new = NewCustomer("")))
            }

            GoodsEvent.Leave -> {
                change { left() }
            }

            GoodsEvent.GiveUp -> {
                change {
                    if (draft?.lines.isNullOrEmpty() ||
                        sheet is GoodsSheet.GivingUp
                    ) {
                        without()
                    } else {
                        copy(sheet = GoodsSheet.GivingUp)
                    }
                }
            }

            is GoodsEvent.Type -> {
                type(event.query)
            }

            GoodsEvent.SubmitCode -> {
                submitCode(
                    shown.value
                        ?.draft
                        ?.query
                        .orEmpty(),
                )
            }

            GoodsEvent.Scan -> {
                desk.attempt { scanner?.scan()?.let(::submitCode) }
            }

            is GoodsEvent.Add -> {
                draft { plus(event.item.key, event.item.name) }
            }

            is GoodsEvent.Choose -> {
                draft { plus(event.hit.item, event.hit.name) }
                change { copy(sheet = null) }
            }

            is GoodsEvent.Step -> {
                draft { step(event.line, event.by) }
            }

            is GoodsEvent.Remove -> {
                draft { copy(lines = lines.filterIndexed { index, _ -> index != event.line }) }
            }

            is GoodsEvent.OpenQuantity -> {
                change { copy(sheet = draft?.lines?.getOrNull(event.line)?.let { GoodsSheet.Quantity(event.line) }) }
            }

            is GoodsEvent.TypeQuantity -> {
                change { copy(sheet = (sheet as? GoodsSheet.Quantity)?.copy(typed = event.typed)) }
            }

            GoodsEvent.TakeQuantity -> {
                takeQuantity()
            }

            GoodsEvent.OpenDetails -> {
                change { copy(sheet = GoodsSheet.Details) }
            }

            GoodsEvent.OpenCustomers -> {
                inTurn.attempt { openCustomers(book.find("")) }
            }

            is GoodsEvent.Customers -> {
                book.onEvent(event.event)
            }

            is GoodsEvent.Change -> {
                draft { event.draft }
            }

            GoodsEvent.CloseSheet -> {
                change { copy(sheet = null) }
            }

            GoodsEvent.Record -> {
                inTurn.attempt { record() }
            }

            GoodsEvent.Print -> {
                desk.attempt { shown.value?.recorded?.let { desk.till.print(it.place) } }
            }
        }
    }

    fun back(): Boolean {
        val now = shown.value ?: return false
        when {
            now.sheet != null -> onEvent(GoodsEvent.CloseSheet)
            now.draft?.query?.isNotEmpty() == true -> type("")
            now.draft != null -> onEvent(GoodsEvent.Leave)
            else -> return false
        }
        return true
    }

    private fun GoodsState.left(): GoodsState {
        val open = draft?.takeIf { it.lines.isNotEmpty() } ?: return without()
        return copy(draft = null, begun = begun + (open.kind to open.copy(query = "", hits = null)))
    }

    private fun GoodsState.without() = copy(draft = null, sheet = null, begun = begun - setOfNotNull(draft?.kind))

    /** Searches when the typing pauses; what is typed is shown at once. */
    private fun type(query: String) {
        draft { copy(query = query, hits = hits.takeIf { query.isNotBlank() }) }
        searching?.cancel()
        if (query.isBlank()) return
        searching =
            desk.scope.launch {
                delay(PAUSE_MS)
                inTurn.attempt {
                    val hits = find(query)
                    draft { if (this.query == query) copy(hits = hits) else this }
                }
            }
    }

    private suspend fun find(query: String): List<ObjectRow> = desk.till.objects("item", query).rows

    /** The core finds the item of a code; words that one item alone has do as well. */
    private fun submitCode(code: String) {
        val typed = code.trim()
        if (typed.isEmpty()) return
        inTurn.attempt {
            try {
                val hit = cashier.findCode(typed)
                draft { plus(hit.item, hit.name) }
            } catch (several: TillSeveralItems) {
                val hits = cashier.hitsOf(several, typed)
                change { copy(sheet = GoodsSheet.Which(hits)) }
            } catch (refusal: TillRefused) {
                val item = find(typed).singleOrNull() ?: throw refusal
                draft { plus(item.key, item.name) }
            }
        }
    }

    /** One more of what is there already: a box is scanned piece by piece. */
    private fun GoodsDraft.plus(
        item: String,
        name: String,
    ): GoodsDraft {
        val at = lines.indexOfFirst { it.item == item }
        val cleared = copy(query = "", hits = null)
        return if (at < 0) {
            cleared.copy(lines = lines + DraftLine(item, name, "1"))
        } else {
            cleared.step(at, 1)
        }
    }

    private fun GoodsDraft.step(
        line: Int,
        by: Int,
    ): GoodsDraft {
        val next = (lines.getOrNull(line)?.quantity?.toBigDecimalOrNull() ?: return this) + by.toBigDecimal()
        return with(line, next)
    }

    /** Nothing left is no line; but none may have been counted. */
    private fun GoodsDraft.with(
        line: Int,
        quantity: BigDecimal,
    ): GoodsDraft {
        val isKept = quantity.signum() > 0 || (quantity.signum() == 0 && kind == GoodsKind.COUNT)
        val changed =
            lines.mapIndexedNotNull { index, of ->
                if (index != line) of else of.copy(quantity = quantity.toPlainString()).takeIf { isKept }
            }
        return copy(lines = if (quantity.signum() < 0 && kind == GoodsKind.COUNT) lines else changed)
    }

    private fun takeQuantity() {
        val sheet = shown.value?.sheet as? GoodsSheet.Quantity ?: return
        val quantity = sheet.typed.quantity ?: return
        draft { with(sheet.line, quantity) }
        change { copy(sheet = null) }
    }

    /** Back to what the customer was chosen for. */
    private fun choose(
        customer: CustomerView?,
        isNew: Boolean,
    ) {
        if (isNew && customer != null) desk.say(Notice.Done { it.customerMade(customer.name) })
        change { copy(draft = draft?.copy(customer = customer), sheet = GoodsSheet.Details.takeIf { draft != null }) }
    }

    private fun openCustomers(customers: CustomersState) = change { copy(sheet = GoodsSheet.Customers(customers)) }

    private fun found(what: CustomersState.() -> CustomersState) =
        change {
            val open = sheet
            if (open is GoodsSheet.Customers) copy(sheet = GoodsSheet.Customers(open.customers.what())) else this
        }

    private suspend fun record() {
        val draft = shown.value?.draft ?: return
        val place = recorded(draft)
        val row = desk.till.document(place).row
        val unsent =
            desk.till
                .unsent()
                .documents
                .toLong()
        val paidOut = draft.refund?.let { row.total.copy(minor = -row.total.minor) to it.name }
        change { without().copy(recorded = GoodsRecorded(row.kind, row.number, unsent, place, paidOut)) }
    }

    private suspend fun recorded(draft: GoodsDraft): DocumentPlace {
        val lines = draft.lines.map { GoodsLine(it.item, it.quantity, isKey = true) }
        val movement = draft.kind.movement
        if (draft.kind == GoodsKind.RETURN) return takenBack(draft)
        if (movement == null) {
            return cashier.takeOrder(
                OrderWanted(lines, draft.customer?.key, draft.note.trim(), draft.wantedDay.trim().ifEmpty { null }),
            )
        }
        return cashier.moveGoods(
            GoodsMoved(
                movement,
                lines,
                reason = draft.reason.trim(),
                reference = draft.reference.trim().ifEmpty { null },
                // A plan knows its own.
                warehouse = draft.warehouse?.key.takeIf { draft.plan == null },
                toWarehouse = draft.toWarehouse?.key.takeIf { draft.kind == GoodsKind.TRANSFER },
                plan = draft.plan?.key.takeIf { draft.kind == GoodsKind.COUNT },
            ),
        )
    }

    private suspend fun takenBack(draft: GoodsDraft): DocumentPlace {
        val lines = draft.lines.map { ReturnedLine(it.item, "-${it.quantity}", reason = draft.reason.trim()) }
        return cashier.returnGoods(lines, draft.refund?.tender.orEmpty(), draft.customer?.key).place
    }

    private suspend fun homeCurrency(): String? {
        val centre =
            desk.till
                .objects("centre", limit = 1)
                .rows
                .firstOrNull()
        return (centre?.facts?.find { it.name == "currency" }?.value as? FactText)?.text
    }

    private fun change(what: GoodsState.() -> GoodsState) = shown.update { it?.what() }

    private fun draft(what: GoodsDraft.() -> GoodsDraft) = change { copy(draft = draft?.what()) }

    private companion object {
        const val PAUSE_MS = 150L
        const val MOST_CHOICES = 200
    }
}

/** A quantity as it was typed, and as the core reads it: nothing if it is none, or could be two. */
data class TypedQuantity(
    val text: String = "",
    val quantity: BigDecimal? = null,
    val twoReadings: TillTwoReadings? = null,
) {
    companion object {
        fun of(
            text: String,
            locale: Locale,
        ): TypedQuantity =
            read({ parseQuantity(text, locale.toLanguageTag()).toBigDecimal() }) { quantity, twoReadings ->
                TypedQuantity(text, quantity, twoReadings)
            }
    }
}

/** An amount as it was typed, and as the core reads it: nothing if it is none, or could be two. */
data class TypedMoney(
    val text: String = "",
    /** Minor units. */
    val minor: Long? = null,
    val twoReadings: TillTwoReadings? = null,
) {
    companion object {
        fun of(
            text: String,
            locale: Locale,
            currency: String,
        ): TypedMoney =
            read({ parseAmount(text, locale.toLanguageTag(), currency).minor }) { minor, twoReadings ->
                TypedMoney(text, minor, twoReadings)
            }
    }
}

/** Reads what was typed: `typed` gets a value, or two readings, or neither if it is none. */
private inline fun <T, Typed> read(
    value: () -> T,
    typed: (T?, TillTwoReadings?) -> Typed,
): Typed {
    val read =
        try {
            value()
        } catch (refusal: TillException) {
            return typed(null, refusal as? TillTwoReadings)
        }
    return typed(read, null)
}
