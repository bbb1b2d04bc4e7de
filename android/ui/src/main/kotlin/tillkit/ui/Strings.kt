package tillkit.ui

import tillkit.Advice
import tillkit.Blockers
import tillkit.CashMove
import tillkit.ChangeWhat
import tillkit.DeliveryMark
import tillkit.ObjectMark
import tillkit.Reading
import tillkit.RowState
import tillkit.RunStage
import java.util.Locale

/**
 * Everything the screens say, in one language. An interface, so that a text that a language lacks
 * does not compile. What the core names by a key (sections, kinds, troubles) comes through a function
 * whose answer is absent for keys of a newer core: then the core's own word or sentence stands.
 */
interface Strings {
    val locale: Locale

    val menu: String
    val close: String
    val back: String
    val cancel: String
    val confirm: String
    val delete: String

    // The menu.
    val sell: String
    val history: String
    val synchronise: String
    val cash: String
    val goods: String
    val settings: String
    val signOut: String
    val locked: String

    fun signedInAs(user: String): String

    fun till(till: String): String

    // Sync.
    val syncEverything: String
    val syncEverythingLong: String
    val syncAll: String
    val syncAllWithoutAttachments: String
    val syncCancel: String
    val online: String
    val offline: String
    val notAskedYet: String
    val neverSynced: String
    val nothingUnsent: String
    val notReceived: String
    val notSent: String
    val fromCentre: String
    val fromTill: String
    val whatToDo: String
    val dataSafe: String
    val dataNotSafe: String
    val news: String
    val nothingHere: String
    val pictureMissing: String
    val pictureUnreadable: String
    val moreObjects: String
    val willBeReplaced: String
    val documentsBar: String
    val down: String
    val up: String
    val showDetails: String
    val hideDetails: String
    val unnamedRun: String
    val firstSyncHint: String

    fun quickSync(unsent: Long): String

    fun syncRow(title: String): String

    fun openRow(title: String): String

    fun offlineSince(moment: String): String

    fun lastFullSync(ago: String): String

    fun nextTry(moment: String): String

    fun lastRight(ago: String): String

    fun lastSent(ago: String): String

    fun unsent(count: Long): String

    fun oldest(age: String): String

    fun newsSections(titles: String): String

    fun localEditsGo(count: Long): String

    fun redRows(titles: String): String

    fun lacking(titles: String): String

    fun runningOf(title: String): String

    fun running(percent: Int): String

    fun generation(number: String): String

    fun section(name: String): String

    fun kind(name: String): String

    fun state(state: RowState): String

    fun mark(mark: ObjectMark): String

    fun stage(stage: RunStage): String

    fun advice(advice: Advice): String

    /** A sentence for a code of the core, or nothing if this version knows none. */
    fun trouble(code: String): String?

    // What came, and the runs.
    val findObject: String
    val notUsedHint: String
    val nothingChanged: String
    val nothingChangedHint: String
    val copyRuns: String
    val runsCopied: String
    val yes: String
    val no: String

    fun tab(tab: SyncTab): String

    fun waitsFor(title: String): String

    /** How far the centre confirms the documents; `head` if there are later ones. */
    fun confirmed(
        through: String,
        head: String?,
    ): String

    fun changed(ago: String): String

    fun change(what: ChangeWhat): String

    fun changeCount(
        what: ChangeWhat,
        count: Long,
        title: String,
    ): String

    fun from(moment: String): String

    fun fact(name: String): String

    fun trigger(trigger: String): String

    fun runResult(result: String): String

    fun received(
        rows: String,
        size: String,
    ): String

    fun sentDocuments(count: Long): String

    fun runEnded(
        result: String,
        received: String,
        sent: Long,
    ): String

    // Signing in.
    val whoSells: String
    val signIn: String
    val otherUser: String
    val noUsers: String
    val noUsersHint: String

    fun pinOf(user: String): String

    fun digitsEntered(count: Int): String

    // Selling.
    val search: String
    val searchHint: String
    val clear: String
    val scan: String
    val emptyCart: String
    val emptyCartHint: String
    val total: String
    val pay: String
    val toPay: String
    val change: String
    val exact: String
    val otherAmount: String
    val complete: String
    val newSale: String
    val print: String
    val hold: String
    val heldSales: String

    /** A held sale that nobody set aside. */
    val interruptedSale: String

    /** Said where a sale is begun, while there is such a sale. */
    val interruptedSales: String

    /** What a recalled sale has in place of its old VAT rates: "Tea 21 % → 12 %". */
    fun ratesChanged(lines: String): String

    /** A recalled sale of a currency that has ended. */
    fun currencyChanged(
        currency: String,
        rate: String,
    ): String

    val holdLabel: String
    val discount: String
    val discountReceipt: String
    val noDiscount: String
    val percent: String
    val amount: String
    val cancelSale: String
    val otherPrice: String
    val otherPriceHint: String
    val customer: String
    val noCustomer: String
    val offlineSale: String
    val more: String
    val noHits: String
    val editedHere: String

    fun payAmount(amount: String): String

    fun payBy(tender: String): String

    fun amountOf(currency: String): String

    fun inStock(
        quantity: String,
        unit: String,
    ): String

    fun stockAsOf(ago: String): String

    fun add(item: String): String

    fun oneMore(item: String): String

    fun oneLess(item: String): String

    fun removeLine(item: String): String

    fun discountOf(item: String): String

    fun takenOff(amount: String): String

    fun removePayment(tender: String): String

    fun lines(count: Int): String

    fun heldBy(
        user: String,
        moment: String,
    ): String

    // History.
    val noDocuments: String
    val allKinds: String
    val allStates: String
    val allDays: String
    val finding: String
    val void: String
    val voidIsFinal: String
    val voided: String
    val returnHint: String
    val allBack: String

    /** How much was sold, and how much of it may still come back. */
    fun sold(
        quantity: String,
        left: String,
    ): String

    fun voidOf(number: String): String

    fun voidSaleHint(amount: String): String

    fun voidReturnHint(amount: String): String

    fun isVoided(
        number: String,
        void: String,
    ): String

    fun delivery(mark: DeliveryMark): String

    fun deliveryLong(mark: DeliveryMark): String

    // Cash.
    val cashMovements: String
    val notYourRight: String
    val dayBegins: String
    val openDay: String
    val openDayHint: String
    val floatHint: String
    val dayOpened: String
    val closure: String
    val interim: String
    val interimHint: String
    val closeDay: String
    val closeDayHint: String
    val closeDayQuestion: String
    val closingDay: String
    val countedHint: String
    val countPieces: String
    val typeOneAmount: String
    val wholeNumbersOnly: String
    val difference: String
    val turnover: String
    val reason: String
    val record: String
    val recorded: String
    val syncNow: String

    fun move(move: CashMove): String

    fun moveHint(move: CashMove): String

    /** What a reader says of the field for the number of coins or notes of a face value. */
    fun howManyOf(face: String): String

    fun closed(z: String): String

    fun interimOf(z: String): String

    fun salesAndReturns(
        sales: String,
        returns: String,
    ): String

    fun dayOpenSince(moment: String): String

    fun leftToSend(count: Long): String

    // Goods and customers.
    val stockDocuments: String
    val forLater: String
    val takeOrder: String
    val takeBack: String
    val refundBy: String
    val addRefundPart: String
    val removeRefundPart: String
    val refundPartBy: String
    val refundPartNeeded: String
    val noLines: String
    val giveUp: String
    val goodsBegun: String
    val quantity: String
    val whichItem: String

    fun twoReadings(
        text: String,
        grouped: Reading,
        decimal: Reading,
    ): String

    val details: String
    val toWarehouse: String
    val ownWarehouse: String
    val auditPlan: String
    val noPlan: String
    val reference: String
    val refundNeeded: String
    val customerNeeded: String
    val warehouseNeeded: String
    val wantedDay: String
    val otherDay: String
    val note: String
    val findCustomer: String
    val newCustomer: String
    val newCustomerHint: String
    val customerName: String
    val makeCustomer: String
    val madeHere: String

    fun goodsHint(kind: GoodsKind): String

    fun reasonNeeded(kind: GoodsKind): String

    fun goesBack(
        amount: String,
        tender: String,
    ): String

    fun refundRestBy(tender: String): String

    fun giveUpHint(
        title: String,
        lines: Int,
    ): String

    fun detailsHint(kind: GoodsKind): String

    fun inWarehouse(kind: GoodsKind): String

    fun goodsRecorded(
        kind: String,
        number: String,
    ): String

    fun customerMade(name: String): String

    // Settings.
    val thisTill: String
    val series: String
    val server: String
    val centre: String
    val version: String
    val notEnrolled: String
    val noCentre: String
    val copied: String
    val connection: String
    val testConnection: String
    val address: String
    val connectionGood: String
    val enrolment: String
    val enrolHint: String
    val pairingCode: String
    val qrText: String
    val enrol: String
    val enrolAgain: String
    val signInToEnrol: String
    val notAllowedToEnrol: String
    val chooseCentre: String
    val showCentres: String
    val useCentre: String
    val noCentres: String
    val thisCentre: String
    val changeCentreHint: String
    val otherCentreHint: String
    val signInToChangeCentre: String
    val notAllowedToChangeCentre: String
    val byFile: String
    val byFileHint: String
    val exportUnsent: String
    val exportUnsettled: String
    val exportUnsettledHint: String
    val exportIsPart: String
    val takeReceipt: String
    val refusedByFile: String
    val signInToExport: String
    val notAllowedToExport: String
    val localEdits: String
    val noLocalEdits: String
    val editPrice: String
    val newPrice: String
    val editFooter: String
    val footerLines: String
    val footerHint: String
    val save: String
    val signInFirst: String
    val rowsThere: String
    val rowsHere: String

    fun enrolled(
        till: String,
        series: String,
    ): String

    fun exported(
        name: String,
        documents: Long,
    ): String

    fun acknowledged(
        count: Long,
        held: Long,
    ): String

    fun enrolmentNumber(number: String): String

    fun download(size: String): String

    fun editsLost(count: Int): String

    /** What must be done before another centre can be chosen. */
    fun blocked(by: Blockers): String

    fun editedBy(
        user: String,
        moment: String,
    ): String

    fun step(step: String): String

    // Times.
    val shortDayPattern: String
    val justNow: String

    fun minutesAgo(minutes: Long): String

    fun hoursAgo(hours: Long): String

    fun daysAgo(days: Long): String

    fun minutes(minutes: Long): String

    fun hours(hours: Long): String

    fun days(days: Long): String

    companion object {
        /** The language of this tag, or English. */
        fun of(language: String): Strings = if (language == Czech.locale.language) Czech else English
    }
}
