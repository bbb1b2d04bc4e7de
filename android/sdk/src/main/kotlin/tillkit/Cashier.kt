package tillkit

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.withContext
import tillkit.ffi.SessionInterface

/**
 * A signed-in cashier: everything that sells, moves cash or closes. [close] signs out.
 *
 * Quantities, prices and percentages are decimal numbers as text (`"1.5"`), amounts are minor units.
 * Every verb checks its right in the core, goes to the till's `disk` dispatcher and throws
 * [TillException]; where a sale is open, it is as it was.
 */
class Cashier internal constructor(
    private val session: SessionInterface,
    private val handle: AutoCloseable,
    private val disk: CoroutineDispatcher,
) : AutoCloseable {
    /** Key of who is signed in. */
    val user: String = session.user()

    /** The selling screen, now, with what is found for [query]. */
    suspend fun sellScreen(query: String = ""): SellScreen = off { session.sellScreen(query) }

    /** The one item that has a code, typed or scanned; throws [TillSeveralItems] if several have it. */
    suspend fun findCode(code: String): SearchHit = off { session.findCode(code) }

    /**
     * Adds the item of a code, typed or scanned; returns the index of its line. Throws [TillSeveralItems] if
     * several have it: ask which, and add that one by [addItem].
     */
    suspend fun addCode(
        code: String,
        quantity: String = "1",
    ): Int = off { session.addCode(code, quantity).toInt() }

    /** Adds an item that was found; returns the index of its line. */
    suspend fun addItem(
        item: String,
        quantity: String = "1",
    ): Int = off { session.addItem(item, quantity).toInt() }

    /** Adds an item at another price than the list's; needs the right, and a reason. */
    suspend fun addItemAt(
        item: String,
        quantity: String,
        unitPrice: String,
        reason: String,
    ): Int = off { session.addItemAt(item, quantity, unitPrice, reason).toInt() }

    /** Changes how much of a line is sold. */
    suspend fun setQuantity(
        line: Int,
        quantity: String,
    ): Unit = off { session.setQuantity(line.toUInt(), quantity) }

    /** Takes a line off the open sale. */
    suspend fun removeLine(line: Int): Unit = off { session.removeLine(line.toUInt()) }

    /** Sets a line's discount, or clears it with null. */
    suspend fun discountLine(
        line: Int,
        discount: DiscountChoice?,
    ): Unit = off { session.discountLine(line.toUInt(), discount) }

    /** Sets the receipt's discount, or clears it with null. */
    suspend fun discountReceipt(discount: DiscountChoice?): Unit = off { session.discountReceipt(discount) }

    /** Names the customer of the open sale, or nobody. */
    suspend fun setCustomer(customer: String?): Unit = off { session.setCustomer(customer) }

    /** Takes a payment in the tender's own currency; a foreign one at the day's rate, frozen. */
    suspend fun pay(
        tender: String,
        minor: Long,
        currency: String,
        reference: String? = null,
    ): Unit = off { session.pay(tender, minor, currency, reference) }

    /** Pays what is left by one tender of the home currency. */
    suspend fun payRest(tender: String): Unit = off { session.payRest(tender) }

    /** Takes a payment back. */
    suspend fun removeTender(tender: Int): Unit = off { session.removeTender(tender.toUInt()) }

    /**
     * Completes the open sale. When this returns, it is durable: now it may be printed. A coroutine
     * that was cancelled meanwhile finds the receipt in [sellScreen] and in the history.
     */
    suspend fun complete(): RecordedDocument = off { session.complete() }

    /** Gives the open sale up before it is completed. */
    suspend fun cancelSale(): Unit = off { session.cancelSale() }

    /** Sets the open sale aside with the prices it was given; returns its id. */
    suspend fun hold(label: String): String = off { session.hold(label) }

    /** Sales set aside, oldest first. */
    suspend fun held(): List<HeldSale> = off { session.held() }

    /** Takes a held sale back, with the prices it was given; returns what today's settings changed of it. */
    suspend fun recall(id: String): RecalledSale = off { session.recall(id) }

    /** Gives a held sale up, also one that today's settings cannot take up again. */
    suspend fun discardHeld(id: String) = off { session.discardHeld(id) }

    /**
     * Takes goods back. The money goes back by [refundTender], but for the [parts] that go back by others.
     * When this returns, it is durable.
     */
    suspend fun returnGoods(
        lines: List<ReturnedLine>,
        refundTender: String,
        customer: String? = null,
        parts: List<RefundPart> = emptyList(),
    ): RecordedDocument = off { session.returnGoods(lines, refundTender, customer, parts) }

    /** Reverses a completed sale or return whole, by a new document. When this returns, it is durable. */
    suspend fun voidDocument(
        place: DocumentPlace,
        reason: String,
    ): RecordedDocument = off { session.voidDocument(place, reason) }

    /** Moves cash without a sale; [minor] is positive, [kind] says which way. Durable on return. */
    suspend fun moveCash(
        kind: CashMove,
        tender: String,
        minor: Long,
        currency: String,
        reason: String,
    ): DocumentPlace = off { session.moveCash(kind, tender, minor, currency, reason) }

    /** The totals since the last closure, as they stand (X); changes nothing. */
    suspend fun interim(): ClosedPeriod = off { session.interim() }

    /** Closes the period (Z). It never waits for the back office. When this returns, it is durable. */
    suspend fun closePeriod(counted: List<CountedTender> = emptyList()): ClosedPeriod = off { session.closePeriod(counted) }

    /**
     * Opens the day: records the float of each drawer, then syncs as the centre's policy says, beside
     * selling. Offline the day is open all the same.
     */
    suspend fun openDay(floats: List<CountedTender> = emptyList()): Unit = off { session.openDay(floats) }

    /**
     * Closes the day: sends what there is, for ten seconds at most, then closes (Z) with what is left
     * stated inside, whether or not the back office answers.
     */
    suspend fun closeDay(counted: List<CountedTender> = emptyList()): ClosedDay = off { session.closeDay(counted) }

    /** Writes a customer down. Durable on return; the back office gets it with the next documents. */
    suspend fun makeCustomer(new: NewCustomer): CustomerView = off { session.makeCustomer(new) }

    /** Customers with these [words], the centre's and those made here, at most about [limit] after [after]. */
    suspend fun customers(
        words: String = "",
        after: String? = null,
        limit: Int = 50,
    ): List<CustomerView> = off { session.customers(words, after, limit.toUInt()) }

    /** Takes an order at today's prices. It moves neither money nor stock. Durable on return. */
    suspend fun takeOrder(order: OrderWanted): DocumentPlace = off { session.takeOrder(order) }

    /** Records goods that came, went, were moved, counted or written off. Durable on return. */
    suspend fun moveGoods(moved: GoodsMoved): DocumentPlace = off { session.moveGoods(moved) }

    /**
     * Writes what is unsent into a file for the back office; with [unsettled] also what it has and no
     * closure has settled, for one that was lost. Needs no network.
     */
    suspend fun export(unsettled: Boolean = false): ExportFile = off { session.export(unsettled) }

    /** Makes this phone the next enrolment of a till. Unsent documents are kept, and sent still. */
    suspend fun enrolAgain(
        url: String,
        code: String,
        device: String,
    ): EnrolledTill = off { session.enrolAgain(url, code, device) }

    /** The same with the text of the back office's QR. */
    suspend fun enrolAgainByQr(
        text: String,
        device: String,
    ): EnrolledTill = off { session.enrolAgainByQr(text, device) }

    /** Edits an item's price on this till, until the next sync of the items replaces it. */
    suspend fun editPrice(
        item: String,
        unitPrice: String,
    ): Unit = off { session.editPrice(item, unitPrice) }

    /** Edits the footer of receipts on this till, until the next sync of the centre replaces it. */
    suspend fun editReceiptFooter(
        layout: String,
        footer: List<String>,
    ): Unit = off { session.editReceiptFooter(layout, footer) }

    /** Chooses another centre. Refused while documents are unsent, sales held or one open, or the day not closed. */
    suspend fun changeCentre(centre: String): Unit = off { session.changeCentre(centre) }

    /** Signs out. The open sale, if any, is given up. */
    override fun close() {
        handle.close()
    }

    private suspend fun <T> off(verb: suspend () -> T): T = withContext(disk) { verb() }
}
