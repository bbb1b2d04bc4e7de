package tillkit.ui

import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ColumnScope
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.offset
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.items
import androidx.compose.foundation.lazy.itemsIndexed
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.HorizontalDivider
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.vector.ImageVector
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.input.KeyboardType
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.dp
import tillkit.ObjectRow

/** Goods without a receipt: which document, then its lines as they are scanned, then what it is about. */
@Composable
fun GoodsPage(
    state: GoodsState,
    hasScanner: Boolean,
    onEvent: (GoodsEvent) -> Unit,
    modifier: Modifier = Modifier,
) {
    val strings = LocalStrings.current
    val (draft, sheet) = state.draft to state.sheet
    val title =
        when (sheet) {
            is GoodsSheet.Quantity -> draft?.lines?.getOrNull(sheet.line)?.name ?: strings.quantity
            is GoodsSheet.Which -> strings.whichItem
            is GoodsSheet.Customers -> if (sheet.customers.new != null) strings.newCustomer else strings.customer
            GoodsSheet.GivingUp -> strings.giveUp
            GoodsSheet.Details, null -> strings.details
        }
    val content: (@Composable ColumnScope.() -> Unit)? =
        when {
            sheet is GoodsSheet.Quantity -> ({ QuantitySheet(sheet, onEvent) })
            sheet is GoodsSheet.Which -> ({ WhichSheet(sheet.hits) { onEvent(GoodsEvent.Choose(it)) } })
            sheet is GoodsSheet.Customers -> ({ Customers(sheet.customers) { onEvent(GoodsEvent.Customers(it)) } })
            sheet is GoodsSheet.Details && draft != null -> ({ DetailsSheet(draft, state, onEvent) })
            sheet is GoodsSheet.GivingUp && draft != null -> ({ GivingUpSheet(draft, onEvent) })
            else -> null
        }
    WithSheet(content, title, { onEvent(GoodsEvent.CloseSheet) }, modifier) {
        if (draft == null) GoodsChoices(state, onEvent) else DraftPage(draft, hasScanner, onEvent)
    }
}

@Composable
private fun GoodsChoices(
    state: GoodsState,
    onEvent: (GoodsEvent) -> Unit,
) {
    val strings = LocalStrings.current
    Column(Modifier.fillMaxSize().verticalScroll(rememberScrollState()).padding(bottom = 24.dp), Arrangement.Bottom) {
        if (!state.mayMove || !state.mayOrder || !state.mayTakeBack) {
            StateLine(Glyphs.lock, strings.notYourRight, TillTheme.states.wait, Modifier.padding(horizontal = Edge))
        }
        state.recorded?.let { RecordedPanel(it, onEvent) }
        GroupTitle(strings.stockDocuments)
        Column(Modifier.padding(horizontal = Edge)) {
            GoodsKind.entries.filter { it.movement != null }.forEach { GoodsChoice(it, state, state.mayMove, onEvent) }
        }
        GroupTitle(strings.forLater)
        Column(Modifier.padding(horizontal = Edge)) {
            GoodsChoice(GoodsKind.RETURN, state, state.mayTakeBack, onEvent)
            GoodsChoice(GoodsKind.ORDER, state, state.mayOrder, onEvent)
            SheetChoice(
                strings.newCustomer,
                Glyphs.person,
                { onEvent(GoodsEvent.NewCustomer) },
                hint = strings.newCustomerHint,
                isEnabled = state.mayOrder,
            )
        }
    }
}

@Composable
private fun GoodsChoice(
    kind: GoodsKind,
    state: GoodsState,
    isEnabled: Boolean,
    onEvent: (GoodsEvent) -> Unit,
) {
    val strings = LocalStrings.current
    SheetChoice(
        titleOf(kind),
        goodsGlyph(kind),
        { onEvent(GoodsEvent.Start(kind)) },
        hint = strings.goodsHint(kind),
        isEnabled = isEnabled,
        trailing = state.begun[kind]?.let { strings.lines(it.lines.size) },
    )
    HorizontalDivider(color = MaterialTheme.colorScheme.outlineVariant)
}

@Composable
private fun titleOf(kind: GoodsKind): String {
    val strings = LocalStrings.current
    return when (kind) {
        GoodsKind.ORDER -> strings.takeOrder
        GoodsKind.RETURN -> strings.takeBack
        else -> strings.kind(kind.kind)
    }
}

private fun goodsGlyph(kind: GoodsKind): ImageVector =
    when (kind) {
        GoodsKind.GOODS_RECEIPT -> Glyphs.down
        GoodsKind.GOODS_RETURN -> Glyphs.up
        GoodsKind.TRANSFER -> Glyphs.shop
        GoodsKind.COUNT -> Glyphs.checks
        GoodsKind.WRITE_OFF -> Glyphs.trash
        GoodsKind.RETURN -> Glyphs.back
        GoodsKind.ORDER -> Glyphs.cart
    }

/** It is durable, and among what is to be sent. */
@Composable
private fun RecordedPanel(
    recorded: GoodsRecorded,
    onEvent: (GoodsEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    Panel(Modifier.padding(horizontal = Edge).semantics { liveRegion = LiveRegionMode.Polite }) {
        StateLine(
            Glyphs.check,
            strings.goodsRecorded(strings.kind(recorded.kind), recorded.number),
            TillTheme.states.good,
            style = MaterialTheme.typography.titleMedium,
        )
        val unsent = "${formats.count(recorded.unsent)} ${strings.unsent(recorded.unsent)}"
        Text(
            if (recorded.unsent > 0) unsent else strings.nothingUnsent,
            Modifier.padding(start = 28.dp),
            style = MaterialTheme.typography.bodyMedium,
            color = MaterialTheme.colorScheme.onSurfaceVariant,
        )
        recorded.paidOut?.let { (amount, tender) ->
            Text(
                strings.goesBack(formats.amount(amount), tender),
                Modifier.padding(start = 28.dp, top = 6.dp),
                style = MaterialTheme.typography.titleLarge,
            )
        }
        SideButton(strings.print, { onEvent(GoodsEvent.Print) }, Modifier.fillMaxWidth().padding(top = 8.dp), Glyphs.print)
    }
}

@Composable
private fun DraftPage(
    draft: GoodsDraft,
    hasScanner: Boolean,
    onEvent: (GoodsEvent) -> Unit,
) {
    val strings = LocalStrings.current
    Column(Modifier.fillMaxSize()) {
        Row(Modifier.fillMaxWidth().padding(end = Edge), verticalAlignment = Alignment.CenterVertically) {
            GlyphButton(Glyphs.back, strings.back, { onEvent(GoodsEvent.Leave) }, Modifier.padding(4.dp))
            Text(titleOf(draft.kind), Modifier.semantics { heading() }, style = MaterialTheme.typography.titleLarge)
        }
        Box(Modifier.weight(1f).fillMaxWidth()) {
            when {
                draft.query.isNotBlank() -> draft.hits?.let { GoodsHits(it, onEvent) }
                draft.lines.isNotEmpty() -> DraftLines(draft.lines, onEvent)
                else -> Empty(goodsGlyph(draft.kind), strings.noLines, strings.emptyCartHint)
            }
        }
        SearchField(
            draft.query,
            hasScanner,
            { onEvent(GoodsEvent.Type(it)) },
            { onEvent(GoodsEvent.SubmitCode) },
            { onEvent(GoodsEvent.Scan) },
        )
        DraftBar(draft, onEvent)
    }
}

@Composable
private fun GoodsHits(
    hits: List<ObjectRow>,
    onEvent: (GoodsEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    if (hits.isEmpty()) Empty(Glyphs.search, strings.noHits, strings.searchHint)
    LazyColumn(Modifier.fillMaxSize(), verticalArrangement = Arrangement.Bottom) {
        items(hits, { it.key }) { hit ->
            Column(
                Modifier
                    .clickable(onClickLabel = strings.add(hit.name), role = Role.Button) { onEvent(GoodsEvent.Add(hit)) }
                    .fillMaxWidth()
                    .heightIn(min = 64.dp)
                    .padding(horizontal = Edge, vertical = 10.dp),
                Arrangement.spacedBy(2.dp, Alignment.CenterVertically),
            ) {
                Text(hit.name, style = MaterialTheme.typography.titleMedium)
                val codes = hit.facts.find { it.name == "codes" }?.let(formats::fact)
                Text(
                    codes ?: hit.key,
                    style = MaterialTheme.typography.bodyMedium,
                    color = MaterialTheme.colorScheme.onSurfaceVariant,
                )
            }
            HorizontalDivider(color = MaterialTheme.colorScheme.outlineVariant)
        }
    }
}

@Composable
private fun DraftLines(
    lines: List<DraftLine>,
    onEvent: (GoodsEvent) -> Unit,
) {
    LazyColumn(Modifier.fillMaxSize(), verticalArrangement = Arrangement.Bottom) {
        itemsIndexed(lines, { _, line -> line.item }) { index, line ->
            DraftRow(line, index, onEvent)
            HorizontalDivider(color = MaterialTheme.colorScheme.outlineVariant)
        }
    }
}

@Composable
private fun DraftRow(
    line: DraftLine,
    index: Int,
    onEvent: (GoodsEvent) -> Unit,
) {
    val strings = LocalStrings.current
    // As in a cart: the icons stand on the edges of the text.
    val atStart = Modifier.offset(x = -IconInset)
    Column(Modifier.fillMaxWidth().padding(start = Edge, end = Edge, top = 10.dp, bottom = 6.dp)) {
        Text(line.name, style = MaterialTheme.typography.titleMedium)
        Row(Modifier.fillMaxWidth().padding(top = 4.dp), Arrangement.spacedBy(4.dp), Alignment.CenterVertically) {
            Stepper(line.name, { onEvent(GoodsEvent.Step(index, it)) }, atStart) {
                QuantityKey(line.quantity, { onEvent(GoodsEvent.OpenQuantity(index)) }, atStart)
            }
            Box(Modifier.weight(1f))
            GlyphButton(Glyphs.trash, strings.removeLine(line.name), { onEvent(GoodsEvent.Remove(index)) }, Modifier.offset(x = IconInset))
        }
    }
}

/** What it is about, and what is next. */
@Composable
private fun DraftBar(
    draft: GoodsDraft,
    onEvent: (GoodsEvent) -> Unit,
) {
    val strings = LocalStrings.current
    Surface(color = MaterialTheme.colorScheme.surfaceContainerHigh) {
        Column(Modifier.fillMaxWidth().padding(Edge), Arrangement.spacedBy(10.dp)) {
            when {
                draft.lacksReason -> StateLine(Glyphs.warning, strings.reasonNeeded(draft.kind), TillTheme.states.wait)
                draft.lacksRefund -> StateLine(Glyphs.warning, strings.refundNeeded, TillTheme.states.wait)
                draft.lacksCustomer -> StateLine(Glyphs.warning, strings.customerNeeded, TillTheme.states.wait)
                draft.lacksWarehouse -> StateLine(Glyphs.warning, strings.warehouseNeeded, TillTheme.states.wait)
            }
            SheetChoice(
                strings.details,
                Glyphs.pencil,
                { onEvent(GoodsEvent.OpenDetails) },
                hint = detailsOf(draft).ifEmpty { strings.detailsHint(draft.kind) },
            )
            MainButton(
                "${strings.record} · ${strings.lines(draft.lines.size)}",
                { onEvent(GoodsEvent.Record) },
                Modifier.fillMaxWidth(),
                Glyphs.check,
                isEnabled = draft.canRecord,
            )
        }
    }
}

private fun detailsOf(draft: GoodsDraft): String {
    val facts =
        when (draft.kind) {
            GoodsKind.ORDER -> listOf(draft.customer?.name, draft.wantedDay, draft.note)
            GoodsKind.RETURN -> listOf(draft.refund?.name, draft.reason, draft.customer?.name)
            GoodsKind.TRANSFER -> listOf(fromTo(draft), draft.reason, draft.reference)
            GoodsKind.COUNT -> listOf(draft.plan?.name ?: draft.warehouse?.name, draft.reason, draft.reference)
            else -> listOf(draft.warehouse?.name, draft.reason, draft.reference)
        }
    return facts.filterNot { it.isNullOrBlank() }.joinToString(" · ")
}

private fun fromTo(draft: GoodsDraft) = listOfNotNull(draft.warehouse?.name, draft.toWarehouse?.let { "→ ${it.name}" }).joinToString(" ")

@Composable
private fun QuantitySheet(
    sheet: GoodsSheet.Quantity,
    onEvent: (GoodsEvent) -> Unit,
) = QuantityEntry(sheet.typed, { onEvent(GoodsEvent.TypeQuantity(it)) }, { onEvent(GoodsEvent.TakeQuantity) })

@Composable
private fun DetailsSheet(
    draft: GoodsDraft,
    state: GoodsState,
    onEvent: (GoodsEvent) -> Unit,
) {
    val strings = LocalStrings.current
    val change = { changed: GoodsDraft -> onEvent(GoodsEvent.Change(changed)) }
    if (draft.kind == GoodsKind.ORDER) {
        OrderDetails(draft, onEvent)
    } else if (draft.kind == GoodsKind.RETURN) {
        CustomerChoice(draft, onEvent)
        OneOf(strings.refundBy, state.tenders, draft.refund, { it.name }) { change(draft.copy(refund = it)) }
        TextEntry(draft.reason, { change(draft.copy(reason = it)) }, strings.reason)
    } else {
        if (draft.kind == GoodsKind.COUNT && state.plans.isNotEmpty()) {
            OneOf(strings.auditPlan, state.plans, draft.plan, { it.name }, strings.noPlan) { change(draft.copy(plan = it)) }
        }
        if (draft.plan == null && state.warehouses.size > 1) {
            OneOf(strings.inWarehouse(draft.kind), state.warehouses, draft.warehouse, { it.name }, strings.ownWarehouse) {
                change(draft.copy(warehouse = it, toWarehouse = draft.toWarehouse.takeUnless { to -> to == it }))
            }
        }
        if (draft.kind == GoodsKind.TRANSFER) {
            val others = state.warehouses - setOfNotNull(draft.warehouse)
            OneOf(strings.toWarehouse, others, draft.toWarehouse, { it.name }) { change(draft.copy(toWarehouse = it)) }
        }
        TextEntry(draft.reason, { change(draft.copy(reason = it)) }, strings.reason)
        TextEntry(draft.reference, { change(draft.copy(reference = it)) }, strings.reference)
    }
    Row(Modifier.padding(top = 12.dp), Arrangement.spacedBy(12.dp), Alignment.CenterVertically) {
        SideButton(
            strings.giveUp,
            { onEvent(GoodsEvent.GiveUp) },
            Modifier.weight(0.7f).heightIn(min = 64.dp),
            isDanger = true,
        )
        MainButton(strings.save, { onEvent(GoodsEvent.CloseSheet) }, Modifier.weight(1f), Glyphs.check)
    }
}

/** An hour of counting is not lost to one tap. */
@Composable
private fun GivingUpSheet(
    draft: GoodsDraft,
    onEvent: (GoodsEvent) -> Unit,
) {
    val strings = LocalStrings.current
    Text(strings.giveUpHint(titleOf(draft.kind), draft.lines.size), style = MaterialTheme.typography.bodyLarge)
    SideButton(
        strings.giveUp,
        { onEvent(GoodsEvent.GiveUp) },
        Modifier.fillMaxWidth().padding(top = 16.dp),
        Glyphs.trash,
        isDanger = true,
    )
}

@Composable
private fun CustomerChoice(
    draft: GoodsDraft,
    onEvent: (GoodsEvent) -> Unit,
) {
    val strings = LocalStrings.current
    SheetChoice(
        draft.customer?.name ?: strings.customer,
        Glyphs.person,
        { onEvent(GoodsEvent.OpenCustomers) },
        hint = if (draft.customer == null) strings.noCustomer else strings.customer,
    )
}

@Composable
private fun OrderDetails(
    draft: GoodsDraft,
    onEvent: (GoodsEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    CustomerChoice(draft, onEvent)
    Text(strings.wantedDay, Modifier.padding(top = 8.dp), style = MaterialTheme.typography.titleSmall)
    val days = formats.nextDays(MOST_DAYS)
    FlowRow(
        Modifier.padding(vertical = 6.dp),
        horizontalArrangement = Arrangement.spacedBy(8.dp),
        verticalArrangement = Arrangement.spacedBy(8.dp),
    ) {
        days.forEach { day ->
            val chosen = draft.copy(wantedDay = if (draft.wantedDay == day) "" else day)
            Choice(formats.shortDay(day), draft.wantedDay == day, { onEvent(GoodsEvent.Change(chosen)) })
        }
    }
    TextEntry(draft.wantedDay, { onEvent(GoodsEvent.Change(draft.copy(wantedDay = it))) }, strings.otherDay)
    TextEntry(draft.note, { onEvent(GoodsEvent.Change(draft.copy(note = it))) }, strings.note)
}

private const val MOST_DAYS = 7

/** One of the centre's rows, or none of them if that has a name. */
@Composable
internal fun <Row> OneOf(
    title: String,
    rows: List<Row>,
    chosen: Row?,
    name: (Row) -> String,
    none: String? = null,
    onChoose: (Row?) -> Unit,
) {
    Text(title, style = MaterialTheme.typography.titleSmall)
    FlowRow(
        Modifier.padding(vertical = 6.dp),
        horizontalArrangement = Arrangement.spacedBy(8.dp),
        verticalArrangement = Arrangement.spacedBy(8.dp),
    ) {
        if (none != null) Choice(none, chosen == null, { onChoose(null) })
        rows.forEach { row -> Choice(name(row), row == chosen, { onChoose(row) }) }
    }
}
