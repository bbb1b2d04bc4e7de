package tillkit.ui

import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ColumnScope
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.rememberLazyListState
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.HorizontalDivider
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.derivedStateOf
import androidx.compose.runtime.getValue
import androidx.compose.runtime.remember
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.vector.ImageVector
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.input.KeyboardType
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.dp
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import tillkit.DeliveryMark
import tillkit.DocumentPlace
import tillkit.DocumentView
import tillkit.HistoryRow
import tillkit.HistoryScreen
import tillkit.RefundPart
import tillkit.ReturnedLine
import tillkit.SoldLine
import tillkit.TenderChoice
import tillkit.TenderKind
import java.math.BigDecimal
import kotlin.math.abs

/** What has been recorded on this phone, newest first, as far as it was scrolled. */
data class HistoryState(
    val rows: List<HistoryRow>? = null,
    val next: DocumentPlace? = null,
    val open: DocumentView? = null,
    val section: String? = null,
    val mark: DeliveryMark? = null,
    val day: String? = null,
    /** What can be chosen from: sections that go up, business days that have documents. */
    val sections: List<String> = emptyList(),
    val days: List<String> = emptyList(),
    /** Whether who is signed in may void, and take goods back. */
    val mayVoid: Boolean = false,
    val mayReturn: Boolean = false,
    /** Why the open document is to be voided, as far as it is typed; nobody voids it, if it is none. */
    val reason: String? = null,
    /** What of the open sale is to come back; nobody takes anything back, if it is none. */
    val returning: Returning? = null,
) {
    /** Once, and whole: not after goods of it have come back. */
    val canVoid get() = mayVoid && open != null && open.row.kind in REVERSIBLE && !open.row.isVoid && open.lines.all { it.isWhole }

    val canReturn get() = mayReturn && open != null && open.lines.any { it.mostBack.signum() > 0 }

    private companion object {
        val REVERSIBLE = setOf("sale", "return")
    }
}

/** How much of each line comes back, and how the money does. */
data class Returning(
    val lines: List<BigDecimal>,
    val tenders: List<TenderChoice>,
    /** What the parts leave goes back by this one. */
    val refund: TenderChoice? = null,
    val parts: List<BackPart> = emptyList(),
) {
    val isNothing get() = lines.all { it.signum() == 0 }

    /** A part lacks its tender or its amount. */
    val lacksPart get() = parts.any { it.part == null }

    val canReturn get() = !isNothing && refund != null && !lacksPart

    /** Some tender is left that no money goes back by yet. */
    val canSplit get() = refund != null && parts.size < tenders.size - 1

    /** What a part can go back by: each tender gives one part. */
    fun choicesOf(part: Int): List<TenderChoice> =
        tenders - setOfNotNull(refund) - parts.filterIndexed { index, _ -> index != part }.mapNotNull { it.tender }.toSet()

    /** The main tender; a part that went back by it is asked for another. */
    fun by(tender: TenderChoice?) = copy(refund = tender, parts = parts.map { if (it.tender == tender) it.copy(tender = null) else it })

    /** One more part, by the only tender that is left if it is one. */
    fun split(): Returning {
        if (!canSplit) return this
        val one = copy(parts = parts + BackPart())
        return one.part(parts.size) { copy(tender = one.choicesOf(parts.size).singleOrNull()) }
    }

    fun without(part: Int) = copy(parts = parts.filterIndexed { index, _ -> index != part })

    fun part(
        part: Int,
        what: BackPart.() -> BackPart,
    ) = copy(parts = parts.mapIndexed { index, of -> if (index == part) of.what() else of })
}

/** A part of the refund by a tender of its own, as far as it is typed. */
data class BackPart(
    val tender: TenderChoice? = null,
    val amount: TypedMoney = TypedMoney(),
) {
    /** Nothing until it is said by what, and how much. */
    val part: RefundPart? get() {
        val (by, minor) = (tender ?: return null) to (amount.minor ?: return null)
        return RefundPart(by.tender, minor, by.currency).takeIf { minor > 0 }
    }
}

/** How much of a line may still come back. */
private val SoldLine.mostBack get() = left.toBigDecimalOrNull() ?: BigDecimal.ZERO

private val SoldLine.isWhole get() = quantity.toBigDecimalOrNull()?.compareTo(mostBack) == 0

sealed interface HistoryEvent {
    data object More : HistoryEvent

    data class Open(
        val place: DocumentPlace,
    ) : HistoryEvent

    data object Close : HistoryEvent

    data object Print : HistoryEvent

    /** Asks why the open document is voided, and says what comes of it. */
    data object BeginVoid : HistoryEvent

    data class Reason(
        val reason: String,
    ) : HistoryEvent

    data object Void : HistoryEvent

    data object CloseVoid : HistoryEvent

    /** Asks what of the open sale comes back. */
    data object BeginReturn : HistoryEvent

    data class StepBack(
        val line: Int,
        val by: Int,
    ) : HistoryEvent

    /** All that may still come back. */
    data object AllBack : HistoryEvent

    data class Refund(
        val tender: TenderChoice?,
    ) : HistoryEvent

    /** A part of the money goes back by another tender. */
    data object AddPart : HistoryEvent

    data class RemovePart(
        val part: Int,
    ) : HistoryEvent

    data class PartBy(
        val part: Int,
        val tender: TenderChoice?,
    ) : HistoryEvent

    data class PartAmount(
        val part: Int,
        val amount: TypedMoney,
    ) : HistoryEvent

    data object Return : HistoryEvent

    data object CloseReturn : HistoryEvent

    /** Only of this section; of all, if it is none. */
    data class ShowSection(
        val section: String?,
    ) : HistoryEvent

    /** Only what has come so far; all, if it is none. */
    data class ShowMark(
        val mark: DeliveryMark?,
    ) : HistoryEvent

    /** Only of this business day; of all, if it is none. */
    data class ShowDay(
        val day: String?,
    ) : HistoryEvent
}

/** Documents of this phone; events, which no cashier looks for, only where everything that goes up is shown. */
class HistoryModel(
    private val desk: Desk,
    withEvents: Boolean = false,
) {
    private val kinds = KINDS.filterKeys { withEvents || it != EVENTS }
    private val shown = MutableStateFlow(HistoryState(sections = kinds.keys.toList()))
    val state: StateFlow<HistoryState> = shown.asStateFlow()

    private val inTurn = InTurn(desk)

    /** From the top again, as far as was shown: marks change when documents are sent. */
    fun load() = inTurn.attempt { show() }

    fun onEvent(event: HistoryEvent) {
        when (event) {
            HistoryEvent.More -> inTurn.attempt { more() }
            is HistoryEvent.Open -> inTurn.attempt { open(event.place) }
            HistoryEvent.Close -> shown.update { it.copy(open = null, reason = null, returning = null) }
            HistoryEvent.Print -> desk.attempt { shown.value.open?.let { desk.till.print(it.row.place) } }
            HistoryEvent.BeginVoid -> shown.update { it.copy(reason = "") }
            is HistoryEvent.Reason -> shown.update { it.copy(reason = event.reason) }
            HistoryEvent.Void -> inTurn.attempt { void() }
            HistoryEvent.CloseVoid -> shown.update { it.copy(reason = null) }
            HistoryEvent.BeginReturn -> inTurn.attempt { beginReturn() }
            is HistoryEvent.StepBack -> returning { open -> copy(lines = stepped(open.lines, event)) }
            HistoryEvent.AllBack -> returning { open -> copy(lines = open.lines.map { it.mostBack }) }
            is HistoryEvent.Refund -> returning { by(event.tender) }
            HistoryEvent.AddPart -> returning { split() }
            is HistoryEvent.RemovePart -> returning { without(event.part) }
            is HistoryEvent.PartBy -> returning { part(event.part) { copy(tender = event.tender) } }
            is HistoryEvent.PartAmount -> returning { part(event.part) { copy(amount = event.amount) } }
            HistoryEvent.Return -> inTurn.attempt { takeBack() }
            HistoryEvent.CloseReturn -> shown.update { it.copy(returning = null) }
            is HistoryEvent.ShowSection -> show { copy(section = event.section) }
            is HistoryEvent.ShowMark -> show { copy(mark = event.mark) }
            is HistoryEvent.ShowDay -> show { copy(day = event.day) }
        }
    }

    private fun show(what: HistoryState.() -> HistoryState) {
        shown.update { it.what().copy(rows = null, next = null) }
        load()
    }

    fun back(): Boolean {
        val now = shown.value
        if (now.open == null) return false
        when {
            now.reason != null -> onEvent(HistoryEvent.CloseVoid)
            now.returning != null -> onEvent(HistoryEvent.CloseReturn)
            else -> onEvent(HistoryEvent.Close)
        }
        return true
    }

    private suspend fun show() {
        val most = maxOf(shown.value.rows?.size ?: 0, PAGE)
        val page = read(limit = most)
        val days = desk.till.historyDays()
        val rights = rights()
        shown.update { it.copy(rows = page.rows, next = page.next, days = days).with(rights) }
    }

    private suspend fun rights() =
        desk.cashier.value
            ?.sellScreen()
            ?.rights
            .orEmpty()

    private fun HistoryState.with(rights: List<String>) = copy(mayVoid = "void" in rights, mayReturn = "return" in rights)

    private suspend fun open(place: DocumentPlace) {
        val document = desk.till.document(place)
        val rights = rights()
        shown.update { it.copy(open = document).with(rights) }
    }

    /** The void is opened in place of what it reverses: it is what the customer gets. */
    private suspend fun void() {
        val (cashier, now) = (desk.cashier.value ?: return) to shown.value
        val of = now.open?.row ?: return
        val void = cashier.voidDocument(of.place, now.reason?.trim() ?: return)
        shown.update { it.copy(reason = null) }
        desk.say(Notice.Done { it.isVoided(of.number, void.number) })
        open(void.place)
        show()
    }

    /** Money goes back in the currency of the sale; on account, to whom a sale does not say. */
    private suspend fun beginReturn() {
        val (cashier, sale) = (desk.cashier.value ?: return) to (shown.value.open ?: return)
        val tenders =
            cashier.sellScreen().tenders.filter {
                it.currency == sale.row.total.currency && it.kind != TenderKind.CUSTOMER_CREDIT
            }
        shown.update { it.copy(returning = Returning(sale.lines.map { BigDecimal.ZERO }, tenders, tenders.singleOrNull())) }
    }

    private fun returning(what: Returning.(DocumentView) -> Returning) =
        shown.update { now -> now.open?.let { now.copy(returning = now.returning?.what(it)) } ?: now }

    private fun Returning.stepped(
        sold: List<SoldLine>,
        step: HistoryEvent.StepBack,
    ) = lines.mapIndexed { index, back ->
        if (index != step.line) back else (back + step.by.toBigDecimal()).coerceIn(BigDecimal.ZERO, sold[index].mostBack)
    }

    /** The return is opened in place of its sale, as a void is. */
    private suspend fun takeBack() {
        val (cashier, now) = (desk.cashier.value ?: return) to shown.value
        val (sale, returning) = (now.open ?: return) to (now.returning ?: return)
        val lines =
            sale.lines.zip(returning.lines).mapIndexed { index, (sold, back) ->
                ReturnedLine(sold.item, back.negate().toPlainString(), sale.row.place, index.toUInt())
            }
        val coming = lines.filterIndexed { index, _ -> returning.lines[index].signum() > 0 }
        if (!returning.canReturn) return
        val parts = returning.parts.mapNotNull { it.part }
        val document = cashier.returnGoods(coming, returning.refund?.tender ?: return, parts = parts)
        shown.update { it.copy(returning = null) }
        desk.say(Notice.Done { it.goodsRecorded(it.kind("return"), document.number) })
        open(document.place)
        show()
    }

    private suspend fun more() {
        val after = shown.value.next ?: return
        val page = read(after)
        shown.update { it.copy(rows = it.rows.orEmpty() + page.rows, next = page.next) }
    }

    private suspend fun read(
        after: DocumentPlace? = null,
        limit: Int = PAGE,
    ): HistoryScreen {
        val now = shown.value
        val wanted = now.section?.let { kinds[it] } ?: kinds.values.flatten()
        return desk.till.history(wanted, now.day, now.mark, after = after, limit = limit)
    }

    private companion object {
        const val PAGE = 30

        const val EVENTS = "events"

        /** The kinds of documents of each section that goes up. */
        val KINDS =
            mapOf(
                "sales" to listOf("sale", "return", "void"),
                "closures" to listOf("closure"),
                "cash" to listOf("cash_movement"),
                "orders_made" to listOf("order"),
                "customers_made" to listOf("customer_made"),
                "stock_documents" to listOf("goods_receipt", "goods_return", "transfer", "count", "write_off"),
                EVENTS to listOf("event"),
            )
    }
}

/** Every document with how far it has come; a tap opens what was printed. */
@Composable
fun HistoryPage(
    state: HistoryState,
    onEvent: (HistoryEvent) -> Unit,
    modifier: Modifier = Modifier,
) {
    val open = state.open
    if (open != null) {
        val strings = LocalStrings.current
        val (reason, returning) = state.reason to state.returning
        val sheet: (@Composable ColumnScope.() -> Unit)? =
            when {
                reason != null -> ({ VoidSheet(open.row, reason, onEvent) })
                returning != null -> ({ ReturnSheet(open.lines, returning, onEvent) })
                else -> null
            }
        val (title, close) =
            if (returning != null) {
                strings.takeBack to HistoryEvent.CloseReturn
            } else {
                strings.voidOf(open.row.number) to HistoryEvent.CloseVoid
            }
        WithSheet(sheet, title, { onEvent(close) }, modifier) {
            DocumentPage(open, state, onEvent)
        }
        return
    }
    val strings = LocalStrings.current
    val rows = state.rows
    val isFiltered = state.section != null || state.mark != null || state.day != null
    Column(modifier.fillMaxSize()) {
        if (isFiltered || !rows.isNullOrEmpty()) HistoryFilters(state, onEvent)
        when {
            rows == null -> {}

            rows.isNotEmpty() -> {
                HistoryRows(rows, state, onEvent, Modifier.weight(1f))
            }

            else -> {
                Empty(Glyphs.history, if (isFiltered) strings.noHits else strings.noDocuments, null)
            }
        }
    }
}

/** Which documents are shown: of one section, in one state, of one day. */
@Composable
private fun HistoryFilters(
    state: HistoryState,
    onEvent: (HistoryEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    Choices {
        Choice(strings.allKinds, state.section == null, { onEvent(HistoryEvent.ShowSection(null)) })
        state.sections.forEach { section ->
            Choice(
                strings.section(section),
                state.section == section,
                { onEvent(HistoryEvent.ShowSection(section)) },
            )
        }
    }
    Choices {
        Choice(strings.allStates, state.mark == null, { onEvent(HistoryEvent.ShowMark(null)) })
        DeliveryMark.entries.forEach { mark ->
            Choice(strings.delivery(mark), state.mark == mark, { onEvent(HistoryEvent.ShowMark(mark)) })
        }
    }
    if (state.days.size > 1 || state.day != null) {
        Choices {
            Choice(strings.allDays, state.day == null, { onEvent(HistoryEvent.ShowDay(null)) })
            state.days.forEach { day ->
                Choice(formats.businessDay(day), state.day == day, { onEvent(HistoryEvent.ShowDay(day)) })
            }
        }
    }
}

@Composable
private fun HistoryRows(
    rows: List<HistoryRow>,
    state: HistoryState,
    onEvent: (HistoryEvent) -> Unit,
    modifier: Modifier,
) {
    val formats = LocalFormats.current
    val hasMore = state.next != null
    val list = rememberLazyListState()
    // The next page is fetched before its place comes into view.
    val isNearEnd by remember(rows.size) {
        derivedStateOf {
            (
                list.layoutInfo.visibleItemsInfo
                    .lastOrNull()
                    ?.index ?: 0
            ) >= rows.size - NEAR
        }
    }
    LaunchedEffect(isNearEnd, rows.size, hasMore) { if (isNearEnd && hasMore) onEvent(HistoryEvent.More) }
    val days = rows.groupBy { formats.day(it.recordedMs) }
    LazyColumn(modifier.fillMaxSize(), list, PaddingValues(bottom = 24.dp)) {
        days.forEach { (day, documents) ->
            item("day $day") { GroupTitle(formats.date(documents.first().recordedMs)) }
            documents.forEach { document ->
                item("${document.place.enrolment}/${document.place.seq}") {
                    DocumentRow(document, onEvent)
                }
            }
        }
    }
}

private const val NEAR = 5

/** Kinds whose total is nought by nature. */
private val WITHOUT_MONEY =
    setOf("order", "customer_made", "goods_receipt", "goods_return", "transfer", "count", "write_off", "event")

@Composable
private fun DocumentRow(
    row: HistoryRow,
    onEvent: (HistoryEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val colors = MaterialTheme.colorScheme
    Column(
        Modifier
            .clickable(role = Role.Button) { onEvent(HistoryEvent.Open(row.place)) }
            .fillMaxWidth()
            .heightIn(min = 68.dp)
            .padding(horizontal = Edge, vertical = 10.dp),
        Arrangement.spacedBy(4.dp),
    ) {
        Row(Modifier.fillMaxWidth(), Arrangement.spacedBy(12.dp)) {
            Text(formats.time(row.recordedMs), style = MaterialTheme.typography.titleMedium)
            Text(strings.kind(row.kind), Modifier.weight(1f), style = MaterialTheme.typography.titleMedium)
            if (row.kind !in WITHOUT_MONEY) Text(formats.amount(row.total), style = MaterialTheme.typography.titleMedium)
        }
        Row(Modifier.fillMaxWidth(), Arrangement.spacedBy(12.dp), Alignment.CenterVertically) {
            Text(
                row.number,
                Modifier.weight(1f),
                style = MaterialTheme.typography.bodyMedium,
                color = colors.onSurfaceVariant,
            )
            Mark(row.mark)
        }
        if (row.isVoid) StateLine(Glyphs.close, strings.voided, colors.error)
        row.findings.forEach { StateLine(Glyphs.warning, Formats.sentence(it.sentence), colors.error) }
    }
    HorizontalDivider(color = colors.outlineVariant)
}

@Composable
private fun Mark(
    mark: DeliveryMark,
    modifier: Modifier = Modifier,
) {
    val (glyph, color) = markLook(mark)
    StateLine(glyph, LocalStrings.current.delivery(mark), color, modifier)
}

@Composable
private fun markLook(mark: DeliveryMark): Pair<ImageVector, Color> =
    when (mark) {
        DeliveryMark.LOCAL -> Glyphs.phone to TillTheme.states.wait
        DeliveryMark.UPLOADED -> Glyphs.check to MaterialTheme.colorScheme.onSurfaceVariant
        DeliveryMark.PROCESSED -> Glyphs.checks to TillTheme.states.good
        DeliveryMark.SETTLED -> Glyphs.sealed to TillTheme.states.good
    }

@Composable
private fun DocumentPage(
    document: DocumentView,
    state: HistoryState,
    onEvent: (HistoryEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val row = document.row
    Column(Modifier.fillMaxSize()) {
        Row(Modifier.fillMaxWidth().padding(end = Edge), verticalAlignment = Alignment.CenterVertically) {
            GlyphButton(Glyphs.back, strings.back, { onEvent(HistoryEvent.Close) }, Modifier.padding(4.dp))
            Text(
                "${strings.kind(row.kind)} ${row.number}",
                Modifier.semantics { heading() },
                style = MaterialTheme.typography.titleLarge,
            )
        }
        Column(
            Modifier.weight(1f).verticalScroll(rememberScrollState()).padding(horizontal = Edge),
            Arrangement.spacedBy(10.dp),
        ) {
            val (glyph, color) = markLook(row.mark)
            StateLine(glyph, strings.deliveryLong(row.mark), color, style = MaterialTheme.typography.titleMedium)
            Text(
                "${formats.date(row.recordedMs)} ${formats.time(row.recordedMs)}",
                style = MaterialTheme.typography.bodyMedium,
                color = MaterialTheme.colorScheme.onSurfaceVariant,
            )
            Way(document)
            if (row.isVoid) {
                StateLine(
                    Glyphs.close,
                    strings.voided,
                    MaterialTheme.colorScheme.error,
                    style = MaterialTheme.typography.titleMedium,
                )
            }
            if (row.findings.isNotEmpty()) {
                Panel(
                    color = MaterialTheme.colorScheme.errorContainer,
                    contentColor = MaterialTheme.colorScheme.onErrorContainer,
                ) {
                    Text(strings.finding, style = MaterialTheme.typography.titleMedium)
                    row.findings.forEach {
                        Text(Formats.sentence(it.sentence), style = MaterialTheme.typography.bodyMedium)
                    }
                    Text(
                        formats.safety(true),
                        Modifier.padding(top = 6.dp),
                        style = MaterialTheme.typography.titleSmall,
                    )
                }
            }
            Surface(
                Modifier.fillMaxWidth(),
                shape = MaterialTheme.shapes.medium,
                color = MaterialTheme.colorScheme.surfaceContainerLowest,
                shadowElevation = 2.dp,
            ) { Box(Modifier.padding(14.dp)) { ReceiptText(document.text) } }
        }
        Column(Modifier.padding(Edge), Arrangement.spacedBy(12.dp)) {
            if (state.canVoid || state.canReturn) {
                Row(Modifier, Arrangement.spacedBy(12.dp)) {
                    if (state.canVoid) {
                        SideButton(strings.void, { onEvent(HistoryEvent.BeginVoid) }, Modifier.weight(1f), isDanger = true)
                    }
                    if (state.canReturn) {
                        SideButton(strings.takeBack, { onEvent(HistoryEvent.BeginReturn) }, Modifier.weight(1f))
                    }
                }
            }
            MainButton(strings.print, { onEvent(HistoryEvent.Print) }, Modifier.fillMaxWidth(), Glyphs.print)
        }
    }
}

/** What of a sale comes back, and how the money does: what was paid for it, whatever it costs today. */
@Composable
private fun ReturnSheet(
    sold: List<SoldLine>,
    returning: Returning,
    onEvent: (HistoryEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    Text(strings.returnHint, style = MaterialTheme.typography.bodyLarge)
    sold.forEachIndexed { index, line ->
        if (line.mostBack.signum() > 0) BackRow(line, returning.lines[index], index, onEvent)
    }
    SideButton(strings.allBack, { onEvent(HistoryEvent.AllBack) }, Modifier.fillMaxWidth().padding(vertical = 8.dp))
    OneOf(strings.refundBy, returning.tenders, returning.refund, { it.name }) { onEvent(HistoryEvent.Refund(it)) }
    returning.parts.forEachIndexed { index, part -> PartRow(part, index, returning, onEvent) }
    if (returning.canSplit) {
        SideButton(strings.addRefundPart, { onEvent(HistoryEvent.AddPart) }, Modifier.fillMaxWidth().padding(top = 4.dp), Glyphs.plus)
    }
    if (returning.parts.isNotEmpty()) {
        returning.refund?.let {
            Text(strings.refundRestBy(it.name), Modifier.padding(top = 8.dp), style = MaterialTheme.typography.bodyLarge)
        }
    }
    if (returning.lacksPart) {
        StateLine(Glyphs.warning, strings.refundPartNeeded, TillTheme.states.wait, Modifier.padding(top = 8.dp))
    }
    val lines = returning.lines.count { it.signum() > 0 }
    MainButton(
        "${strings.takeBack} · ${formats.count(lines.toLong())}",
        { onEvent(HistoryEvent.Return) },
        Modifier.fillMaxWidth().padding(top = 12.dp),
        isEnabled = returning.canReturn,
    )
}

/** A part of the refund: by what, how much, and the way to drop it. */
@Composable
private fun PartRow(
    part: BackPart,
    index: Int,
    returning: Returning,
    onEvent: (HistoryEvent) -> Unit,
) {
    val strings = LocalStrings.current
    val currency = returning.tenders.first().currency
    HorizontalDivider(Modifier.padding(vertical = 6.dp), color = MaterialTheme.colorScheme.outlineVariant)
    OneOf(strings.refundPartBy, returning.choicesOf(index), part.tender, { it.name }) { onEvent(HistoryEvent.PartBy(index, it)) }
    Row(Modifier.fillMaxWidth(), Arrangement.spacedBy(4.dp), Alignment.CenterVertically) {
        TextEntry(
            part.amount.text,
            { onEvent(HistoryEvent.PartAmount(index, TypedMoney.of(it, strings.locale, currency))) },
            strings.amountOf(currency),
            Modifier.weight(1f),
            KeyboardOptions(keyboardType = KeyboardType.Decimal),
            isError = part.amount.text.isNotBlank() && (part.amount.minor ?: 0) <= 0,
        )
        GlyphButton(
            Glyphs.trash,
            strings.removeRefundPart,
            { onEvent(HistoryEvent.RemovePart(index)) },
        )
    }
    part.amount.twoReadings?.let {
        StateLine(Glyphs.warning, strings.twoReadings(it.text, it.grouped, it.decimal), MaterialTheme.colorScheme.error)
    }
}

@Composable
private fun BackRow(
    line: SoldLine,
    back: BigDecimal,
    index: Int,
    onEvent: (HistoryEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    Row(Modifier.fillMaxWidth(), verticalAlignment = Alignment.CenterVertically) {
        Column(Modifier.weight(1f).padding(vertical = 6.dp)) {
            Text(line.name, style = MaterialTheme.typography.titleMedium)
            Text(
                "${strings.sold(formats.quantity(line.quantity), formats.quantity(line.left))} · ${formats.amount(line.gross)}",
                style = MaterialTheme.typography.bodyMedium,
                color = MaterialTheme.colorScheme.onSurfaceVariant,
            )
        }
        Stepper(line.name, { onEvent(HistoryEvent.StepBack(index, it)) }) {
            Text(
                formats.quantity(back.toPlainString()),
                Modifier.widthIn(min = 40.dp),
                style = MaterialTheme.typography.titleLarge,
                textAlign = TextAlign.Center,
            )
        }
    }
    HorizontalDivider(color = MaterialTheme.colorScheme.outlineVariant)
}

/** What comes of a void, and why it is one: it cannot be taken back. */
@Composable
private fun VoidSheet(
    row: HistoryRow,
    reason: String,
    onEvent: (HistoryEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val isIn = row.total.minor < 0
    val amount = formats.amount(row.total.copy(minor = abs(row.total.minor)))
    Text(
        if (isIn) strings.voidReturnHint(amount) else strings.voidSaleHint(amount),
        style = MaterialTheme.typography.bodyLarge,
    )
    StateLine(Glyphs.warning, strings.voidIsFinal, TillTheme.states.wait, Modifier.padding(vertical = 10.dp))
    TextEntry(reason, { onEvent(HistoryEvent.Reason(it)) }, strings.reason)
    MainButton(
        "${strings.void} $amount",
        { onEvent(HistoryEvent.Void) },
        Modifier.fillMaxWidth().padding(top = 12.dp),
        isEnabled = reason.isNotBlank(),
    )
}

/** When this phone learnt of each step of a document's way. */
@Composable
private fun Way(document: DocumentView) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val steps =
        listOf(
            DeliveryMark.UPLOADED to document.uploadedMs,
            DeliveryMark.PROCESSED to document.processedMs,
            DeliveryMark.SETTLED to document.settledMs,
        )
    val said = steps.mapNotNull { (mark, ms) -> ms?.let { "${strings.delivery(mark)} ${formats.moment(it)}" } }
    if (said.isNotEmpty()) {
        Text(
            said.joinToString(" · "),
            style = MaterialTheme.typography.bodyMedium,
            color = MaterialTheme.colorScheme.onSurfaceVariant,
        )
    }
}
