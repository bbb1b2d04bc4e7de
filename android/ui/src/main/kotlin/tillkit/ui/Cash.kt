package tillkit.ui

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ColumnScope
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.HorizontalDivider
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.vector.ImageVector
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.input.KeyboardType
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.dp
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import tillkit.Amount
import tillkit.CashMove
import tillkit.Cashier
import tillkit.ClosedPeriod
import tillkit.ClosedTender
import tillkit.CountedPieces
import tillkit.CountedTender
import tillkit.SyncAll
import tillkit.TenderChoice
import tillkit.TenderKind

/** Movements of the drawer, and the day from its opening to its closing. */
data class CashState(
    val tenders: List<TenderChoice> = emptyList(),
    val mayMove: Boolean = false,
    val mayClose: Boolean = false,
    /** When the day was opened; nothing if it has not been since the last closure. */
    val openedMs: Long? = null,
    /** The day is being closed: that waits for the back office, for some seconds at most. */
    val isBusy: Boolean = false,
    val sheet: CashSheet? = null,
) {
    /** What lies in the drawer, and can be moved. */
    val drawer get() = tenders.filter { it.kind == TenderKind.CASH }
}

/** A panel over the cash page. */
sealed interface CashSheet {
    /** A movement as far as it is typed. */
    data class Movement(
        val move: CashMove,
        val tender: TenderChoice,
        val digits: String = "",
        val reason: String = "",
    ) : CashSheet

    /**
     * The drawer is being counted, tender by tender: what the day begins with, or what is there at its
     * end. What should be there is not shown before.
     */
    data class Counting(
        val tenders: List<Counted>,
        val at: Int = 0,
        val isOpening: Boolean = false,
    ) : CashSheet {
        /** The tender that is counted now. */
        val now get() = tenders.getOrNull(at)

        /** The first tender whose coins and notes were typed wrongly: nothing is recorded until they are right. */
        val unreadable get() = tenders.find { it.isUnreadable }

        /** What was counted; a tender that nothing was typed for is not in it. */
        fun counted(): List<CountedTender> = tenders.mapNotNull { it.counted() }

        /** The floats of an opening: of coins and notes only the sum is recorded. */
        fun floats(): List<CountedTender> = counted().filter { it.minor > 0 }.map { it.copy(pieces = emptyList()) }

        /** Changes the tender that is counted now. */
        fun change(what: Counted.() -> Counted) = copy(tenders = tenders.mapIndexed { index, of -> if (index == at) of.what() else of })
    }

    /** A report; if it has closed the day, with how many documents are `left` to be sent. */
    data class Report(
        val period: ClosedPeriod,
        val left: Long? = null,
    ) : CashSheet {
        val isClosure get() = left != null
    }
}

/** What was typed for a tender, as one amount or as coins and notes; empty if it was not counted. */
data class Counted(
    val tender: String,
    val expected: Amount,
    val digits: String = "",
    /** What its coins and notes are worth, minor units, largest first; without any, one amount is typed. */
    val facesMinor: List<Long> = emptyList(),
    val isByPieces: Boolean = false,
    /** How many coins or notes there are, as typed, by face value. Kept while one amount is typed. */
    val pieces: Map<Long, String> = emptyMap(),
) {
    /** Some number of coins or notes is no whole number. */
    val isUnreadable get() = isByPieces && isTyped && piecesMinor() == null

    /** What was counted, minor units; null if nothing was, or it cannot be read. */
    val minor get() = if (isByPieces) piecesMinor() else digits.toLongOrNull()

    private val isTyped get() = facesMinor.any { !pieces[it].isNullOrBlank() }

    /** How many of a face value were typed, none if nothing was; null if that is no whole number. */
    fun countOf(faceMinor: Long): UInt? {
        val text = pieces[faceMinor].orEmpty().trim()
        return if (text.isEmpty()) 0u else text.toUIntOrNull()?.takeIf { it <= MOST_PIECES }
    }

    fun counted(): CountedTender? {
        val minor = minor ?: return null
        val named = if (isByPieces) facesMinor.map { CountedPieces(it, countOf(it) ?: 0u) } else emptyList()
        return CountedTender(tender, minor, expected.currency, named.filter { it.count > 0u })
    }

    private fun piecesMinor(): Long? {
        if (!isTyped) return null
        return facesMinor.sumOf { face -> face * (countOf(face) ?: return null).toLong() }
    }

    companion object {
        /** Nothing counted yet of a tender, with what the centre says of it. */
        fun of(
            tender: String,
            expected: Amount,
            choices: List<TenderChoice>,
        ): Counted {
            val choice = choices.find { it.tender == tender && it.currency == expected.currency }
            val faces = choice?.facesMinor.orEmpty().filter { it > 0 }
            return Counted(tender, expected, facesMinor = faces.distinct().sortedDescending())
        }

        /** More coins than any drawer holds; what they are worth can still be added. */
        private const val MOST_PIECES = 999_999u
    }
}

sealed interface CashEvent {
    data class Move(
        val move: CashMove,
    ) : CashEvent

    data class ChooseTender(
        val tender: TenderChoice,
    ) : CashEvent

    data class Press(
        val key: Key,
    ) : CashEvent

    data class Reason(
        val reason: String,
    ) : CashEvent

    data object Record : CashEvent

    data object CountFloat : CashEvent

    data object OpenDay : CashEvent

    data object Interim : CashEvent

    data object Count : CashEvent

    data class CountAt(
        val index: Int,
    ) : CashEvent

    /** The tender is counted by its coins and notes, or as one amount. */
    data class CountByPieces(
        val isByPieces: Boolean,
    ) : CashEvent

    /** So many coins or notes of one face value were typed. */
    data class Pieces(
        val faceMinor: Long,
        val text: String,
    ) : CashEvent

    data object CloseDay : CashEvent

    data object SyncNow : CashEvent

    data object CloseSheet : CashEvent
}

class CashModel(
    private val desk: Desk,
    private val cashier: Cashier,
) {
    private val shown = MutableStateFlow<CashState?>(null)
    val state: StateFlow<CashState?> = shown.asStateFlow()

    private val inTurn = InTurn(desk)

    fun load() = inTurn.attempt { show() }

    fun onEvent(event: CashEvent) {
        when (event) {
            is CashEvent.Move -> {
                change { copy(sheet = drawer.firstOrNull()?.let { CashSheet.Movement(event.move, it) }) }
            }

            is CashEvent.ChooseTender -> {
                movement { copy(tender = event.tender) }
            }

            is CashEvent.Press -> {
                press(event.key)
            }

            is CashEvent.Reason -> {
                movement { copy(reason = event.reason) }
            }

            CashEvent.Record -> {
                inTurn.attempt { record() }
            }

            CashEvent.CountFloat -> {
                change {
                    val none = { of: TenderChoice -> Counted.of(of.tender, Amount(0, of.currency, of.decimals), tenders) }
                    copy(sheet = CashSheet.Counting(drawer.map(none), isOpening = true))
                }
            }

            CashEvent.OpenDay -> {
                inTurn.attempt { openDay() }
            }

            CashEvent.Interim -> {
                inTurn.attempt { open(CashSheet.Report(cashier.interim())) }
            }

            CashEvent.Count -> {
                inTurn.attempt { count() }
            }

            is CashEvent.CountAt -> {
                counting { copy(at = event.index) }
            }

            is CashEvent.CountByPieces -> {
                counting { change { copy(isByPieces = event.isByPieces) } }
            }

            is CashEvent.Pieces -> {
                counting { change { copy(pieces = pieces + (event.faceMinor to event.text)) } }
            }

            CashEvent.CloseDay -> {
                if (shown.value?.isBusy != true) inTurn.attempt { closeDay() }
            }

            CashEvent.SyncNow -> {
                change { copy(sheet = null) }
                desk.sync(SyncAll)
            }

            CashEvent.CloseSheet -> {
                change { copy(sheet = null) }
            }
        }
    }

    fun back(): Boolean {
        if (shown.value?.sheet == null) return false
        onEvent(CashEvent.CloseSheet)
        return true
    }

    private suspend fun record() {
        val movement = shown.value?.sheet as? CashSheet.Movement ?: return
        val minor = movement.digits.toLongOrNull() ?: return
        cashier.moveCash(movement.move, movement.tender.tender, minor, movement.tender.currency, movement.reason)
        change { copy(sheet = null) }
        desk.say(Notice.Done { it.recorded })
    }

    private suspend fun count() {
        val choices = shown.value?.tenders.orEmpty()
        open(CashSheet.Counting(cashier.interim().tenders.map { Counted.of(it.tender, it.expected, choices) }))
    }

    private suspend fun openDay() {
        val counting = readable() ?: return
        cashier.openDay(counting.floats())
        change { copy(sheet = null) }
        desk.say(Notice.Done { it.dayOpened })
        show()
    }

    private suspend fun closeDay() {
        val counting = readable() ?: return
        change { copy(isBusy = true) }
        try {
            val day = cashier.closeDay(counting.counted())
            open(CashSheet.Report(day.period, day.left.toLong()))
            show()
        } finally {
            change { copy(isBusy = false) }
        }
    }

    /** The count on the screen, unless something of it cannot be read. */
    private fun readable() = (shown.value?.sheet as? CashSheet.Counting)?.takeIf { it.unreadable == null }

    private suspend fun show() {
        val screen = cashier.sellScreen("")
        val opened = openedMs()
        shown.update {
            (it ?: CashState()).copy(
                tenders = screen.tenders,
                mayMove = "cash_movement" in screen.rights,
                mayClose = "closure" in screen.rights,
                openedMs = opened,
            )
        }
    }

    /** When the day was opened, if that was after the last closure. */
    private suspend fun openedMs(): Long? {
        val recent = desk.till.history(listOf("closure", "event"), limit = MOST_EVENTS).rows
        return recent
            .takeWhile { it.kind != "closure" }
            .find { OPENED in desk.till.document(it.place).text }
            ?.recordedMs
    }

    private fun press(key: Key) {
        movement { copy(digits = key.after(digits, MOST_DIGITS)) }
        counting { change { copy(digits = key.after(digits, MOST_DIGITS)) } }
    }

    private fun open(sheet: CashSheet) = change { copy(sheet = sheet) }

    private fun change(what: CashState.() -> CashState) = shown.update { it?.what() }

    private fun movement(what: CashSheet.Movement.() -> CashSheet.Movement) =
        change {
            val open = sheet
            if (open is CashSheet.Movement) copy(sheet = open.what()) else this
        }

    private fun counting(what: CashSheet.Counting.() -> CashSheet.Counting) =
        change {
            val open = sheet
            if (open is CashSheet.Counting) copy(sheet = open.what()) else this
        }

    private companion object {
        const val MOST_DIGITS = 9

        /** Events of a long day; an opening before them is not looked for. */
        const val MOST_EVENTS = 200

        /** What the event of an opening says of itself, in every language. */
        const val OPENED = "what: day_opened"
    }
}

/** What happens to the drawer beside sales, and the end of the day. */
@Composable
fun CashPage(
    state: CashState,
    onEvent: (CashEvent) -> Unit,
    modifier: Modifier = Modifier,
) {
    val strings = LocalStrings.current
    val sheet = state.sheet
    val title =
        when (sheet) {
            is CashSheet.Movement -> {
                strings.move(sheet.move)
            }

            is CashSheet.Counting -> {
                if (sheet.isOpening) strings.openDay else strings.closeDay
            }

            is CashSheet.Report -> {
                val number = LocalFormats.current.count(sheet.period.z)
                if (sheet.isClosure) strings.closed(number) else strings.interimOf(number)
            }

            null -> {
                ""
            }
        }
    val content: (@Composable ColumnScope.() -> Unit)? =
        if (sheet ==
            null
        ) {
            null
        } else {
            ({ CashSheetContent(sheet, state, onEvent) })
        }
    WithSheet(content, title, { onEvent(CashEvent.CloseSheet) }, modifier) {
        Column(
            Modifier.fillMaxSize().verticalScroll(rememberScrollState()).padding(bottom = 24.dp),
            Arrangement.Bottom,
        ) {
            if (!state.mayMove || !state.mayClose) {
                StateLine(Glyphs.lock, strings.notYourRight, TillTheme.states.wait, Modifier.padding(horizontal = Edge))
            }
            GroupTitle(strings.dayBegins)
            Column(Modifier.padding(horizontal = Edge), Arrangement.spacedBy(12.dp)) { Opening(state, onEvent) }
            GroupTitle(strings.cashMovements)
            Column(Modifier.padding(horizontal = Edge)) {
                CashMove.entries.forEach { move ->
                    SheetChoice(
                        strings.move(move),
                        moveGlyph(move),
                        { onEvent(CashEvent.Move(move)) },
                        hint = strings.moveHint(move),
                        isEnabled = state.mayMove && state.drawer.isNotEmpty(),
                    )
                    HorizontalDivider(color = MaterialTheme.colorScheme.outlineVariant)
                }
            }
            GroupTitle(strings.closure)
            Column(Modifier.padding(horizontal = Edge), Arrangement.spacedBy(12.dp)) {
                SheetChoice(
                    strings.interim,
                    Glyphs.history,
                    { onEvent(CashEvent.Interim) },
                    hint = strings.interimHint,
                    isEnabled = state.mayClose,
                )
                Text(
                    strings.closeDayHint,
                    style = MaterialTheme.typography.bodyMedium,
                    color = MaterialTheme.colorScheme.onSurfaceVariant,
                )
                val close = { onEvent(CashEvent.Count) }
                // The one that comes next is the one that the thumb finds.
                if (state.openedMs == null) {
                    SideButton(strings.closeDay, close, Modifier.fillMaxWidth(), Glyphs.lock, isEnabled = state.mayClose)
                } else {
                    MainButton(strings.closeDay, close, Modifier.fillMaxWidth(), Glyphs.lock, isEnabled = state.mayClose)
                }
            }
        }
    }
}

@Composable
private fun Opening(
    state: CashState,
    onEvent: (CashEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    if (state.openedMs != null) {
        StateLine(
            Glyphs.check,
            strings.dayOpenSince(formats.moment(state.openedMs)),
            TillTheme.states.good,
            style = MaterialTheme.typography.titleMedium,
        )
        return
    }
    Text(
        strings.openDayHint,
        style = MaterialTheme.typography.bodyMedium,
        color = MaterialTheme.colorScheme.onSurfaceVariant,
    )
    MainButton(
        strings.openDay,
        { onEvent(CashEvent.CountFloat) },
        Modifier.fillMaxWidth(),
        Glyphs.cash,
        isEnabled = state.mayMove,
    )
}

private fun moveGlyph(move: CashMove): ImageVector =
    when (move) {
        CashMove.FLOAT_IN -> Glyphs.cash
        CashMove.PAY_IN -> Glyphs.plus
        CashMove.PAY_OUT -> Glyphs.minus
        CashMove.SAFE_DROP -> Glyphs.lock
        CashMove.BANK_DROP -> Glyphs.shop
    }

@Composable
private fun CashSheetContent(
    sheet: CashSheet,
    state: CashState,
    onEvent: (CashEvent) -> Unit,
) {
    when (sheet) {
        is CashSheet.Movement -> MovementSheet(sheet, state.drawer, onEvent)
        is CashSheet.Counting -> CountingSheet(sheet, state, onEvent)
        is CashSheet.Report -> ReportSheet(sheet, state.tenders, onEvent)
    }
}

@Composable
private fun MovementSheet(
    sheet: CashSheet.Movement,
    tenders: List<TenderChoice>,
    onEvent: (CashEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val typed = Amount(sheet.digits.toLongOrNull() ?: 0, sheet.tender.currency, sheet.tender.decimals)
    if (tenders.size > 1) {
        FlowRow(horizontalArrangement = Arrangement.spacedBy(8.dp), verticalArrangement = Arrangement.spacedBy(8.dp)) {
            tenders.forEach { tender ->
                Choice(tender.name, tender.tender == sheet.tender.tender, { onEvent(CashEvent.ChooseTender(tender)) })
            }
        }
    }
    TypedAmount(formats.amount(typed))
    Keypad({ onEvent(CashEvent.Press(it)) })
    TextEntry(sheet.reason, { onEvent(CashEvent.Reason(it)) }, strings.reason, Modifier.padding(top = 8.dp))
    MainButton(
        "${strings.record} ${formats.amount(typed)}",
        { onEvent(CashEvent.Record) },
        Modifier.fillMaxWidth().padding(top = 12.dp),
        isEnabled = typed.minor > 0,
    )
}

@Composable
private fun CountingSheet(
    sheet: CashSheet.Counting,
    state: CashState,
    onEvent: (CashEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    Text(
        if (sheet.isOpening) strings.floatHint else strings.countedHint,
        style = MaterialTheme.typography.bodyMedium,
        color = MaterialTheme.colorScheme.onSurfaceVariant,
    )
    FlowRow(
        Modifier.padding(top = 8.dp),
        horizontalArrangement = Arrangement.spacedBy(8.dp),
        verticalArrangement = Arrangement.spacedBy(8.dp),
    ) {
        sheet.tenders.forEachIndexed { index, of ->
            val typed = of.minor?.let { " " + formats.amount(of.expected.copy(minor = it)) }.orEmpty()
            Choice(nameOf(of.tender, state.tenders) + typed, index == sheet.at, { onEvent(CashEvent.CountAt(index)) })
        }
    }
    sheet.now?.let { CountedEntry(it, onEvent) }
    val unreadable = sheet.unreadable
    if (unreadable != null) {
        StateLine(
            Glyphs.warning,
            "${nameOf(unreadable.tender, state.tenders)}: ${strings.wholeNumbersOnly}",
            MaterialTheme.colorScheme.error,
            Modifier.padding(top = 12.dp).semantics { liveRegion = LiveRegionMode.Polite },
        )
    }
    if (sheet.isOpening) {
        MainButton(
            strings.openDay,
            { onEvent(CashEvent.OpenDay) },
            Modifier.fillMaxWidth().padding(top = 12.dp),
            Glyphs.cash,
            isEnabled = unreadable == null,
        )
        return
    }
    Text(
        if (state.isBusy) strings.closingDay else strings.closeDayQuestion,
        Modifier.padding(top = 12.dp).semantics { liveRegion = LiveRegionMode.Polite },
        style = MaterialTheme.typography.bodyMedium,
    )
    MainButton(
        strings.closeDay,
        { onEvent(CashEvent.CloseDay) },
        Modifier.fillMaxWidth().padding(top = 8.dp),
        Glyphs.lock,
        isEnabled = !state.isBusy && unreadable == null,
    )
}

/** One amount, or how many coins and notes there are of each face value. */
@Composable
private fun CountedEntry(
    of: Counted,
    onEvent: (CashEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    if (of.facesMinor.isNotEmpty()) {
        SideButton(
            if (of.isByPieces) strings.typeOneAmount else strings.countPieces,
            { onEvent(CashEvent.CountByPieces(!of.isByPieces)) },
            Modifier.fillMaxWidth().padding(top = 8.dp),
            if (of.isByPieces) Glyphs.pencil else Glyphs.cash,
        )
    }
    val sum = formats.amount(of.expected.copy(minor = of.minor ?: 0))
    if (!of.isByPieces) {
        TypedAmount(sum)
        Keypad({ onEvent(CashEvent.Press(it)) })
        return
    }
    of.facesMinor.forEach { face -> PiecesRow(of, face, onEvent) }
    // What cannot be read has no sum.
    if (!of.isUnreadable) TypedAmount(sum, Modifier.semantics { liveRegion = LiveRegionMode.Polite })
}

/** A face value, how many of it there are, and what they come to. */
@Composable
private fun PiecesRow(
    of: Counted,
    faceMinor: Long,
    onEvent: (CashEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val face = formats.amount(of.expected.copy(minor = faceMinor))
    val (text, count) = of.pieces[faceMinor].orEmpty() to of.countOf(faceMinor)
    Row(Modifier.fillMaxWidth().padding(top = 4.dp), Arrangement.spacedBy(12.dp), Alignment.CenterVertically) {
        TextEntry(
            text,
            { onEvent(CashEvent.Pieces(faceMinor, it)) },
            "$face ×",
            Modifier.weight(1f).semantics { contentDescription = strings.howManyOf(face) },
            KeyboardOptions(keyboardType = KeyboardType.Number),
            isError = count == null,
        )
        val worth = count?.takeIf { it > 0u }?.let { formats.amount(of.expected.copy(minor = faceMinor * it.toLong())) }
        Text(worth?.let { "= $it" }.orEmpty(), Modifier.weight(1f), style = MaterialTheme.typography.bodyLarge, textAlign = TextAlign.End)
    }
}

@Composable
private fun ReportSheet(
    sheet: CashSheet.Report,
    tenders: List<TenderChoice>,
    onEvent: (CashEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val period = sheet.period
    Fact(strings.turnover, formats.amount(period.gross), style = MaterialTheme.typography.titleLarge)
    period.otherGross.forEach { Fact(strings.turnover, formats.amount(it)) }
    Text(
        strings.salesAndReturns(formats.count(period.sales), formats.count(period.returns)),
        style = MaterialTheme.typography.bodyMedium,
        color = MaterialTheme.colorScheme.onSurfaceVariant,
    )
    HorizontalDivider(Modifier.padding(vertical = 8.dp))
    period.tenders.forEach { TenderReport(it, nameOf(it.tender, tenders)) }
    val left = sheet.left
    if (left != null) {
        val states = TillTheme.states
        StateLine(
            if (left > 0) Glyphs.up else Glyphs.check,
            strings.leftToSend(left),
            if (left > 0) states.wait else states.good,
            Modifier.padding(vertical = 10.dp),
            MaterialTheme.typography.titleMedium,
        )
        Text(formats.safety(true), style = MaterialTheme.typography.bodyMedium)
        if (left > 0) {
            MainButton(
                strings.syncNow,
                { onEvent(CashEvent.SyncNow) },
                Modifier.fillMaxWidth().padding(top = 12.dp),
                Glyphs.sync,
            )
        }
    }
    SideButton(strings.close, { onEvent(CashEvent.CloseSheet) }, Modifier.fillMaxWidth().padding(top = 12.dp))
}

@Composable
private fun TenderReport(
    of: ClosedTender,
    name: String,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    Fact(name, formats.amount(of.expected), style = MaterialTheme.typography.titleMedium)
    val difference = of.differenceMinor
    if (difference != null) {
        val color = if (difference == 0L) TillTheme.states.good else MaterialTheme.colorScheme.error
        StateLine(
            if (difference == 0L) Glyphs.check else Glyphs.warning,
            "${strings.difference} ${formats.amount(of.expected.copy(minor = difference))}",
            color,
        )
    }
}

private fun nameOf(
    tender: String,
    tenders: List<TenderChoice>,
): String = tenders.find { it.tender == tender }?.name ?: tender
