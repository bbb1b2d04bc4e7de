package tillkit.ui

import androidx.compose.foundation.clickable
import androidx.compose.foundation.horizontalScroll
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ColumnScope
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.IntrinsicSize
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxHeight
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.height
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.offset
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.items
import androidx.compose.foundation.lazy.itemsIndexed
import androidx.compose.foundation.lazy.rememberLazyListState
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.text.KeyboardActions
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.HorizontalDivider
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.input.key.Key.Companion.Enter
import androidx.compose.ui.input.key.Key.Companion.NumPadEnter
import androidx.compose.ui.input.key.KeyEventType
import androidx.compose.ui.input.key.key
import androidx.compose.ui.input.key.onPreviewKeyEvent
import androidx.compose.ui.input.key.type
import androidx.compose.ui.platform.LocalDensity
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.input.ImeAction
import androidx.compose.ui.text.input.KeyboardType
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.dp
import tillkit.Amount
import tillkit.CartLine
import tillkit.CartView
import tillkit.RecordedDocument
import tillkit.SearchHit
import tillkit.SellScreen
import tillkit.TenderChoice
import tillkit.TenderKind

/** Find, add, pay: the list grows upwards from the thumb, what is due and what is next stand below it. */
@Composable
fun SellPage(
    state: SellState,
    hasScanner: Boolean,
    onEvent: (SellEvent) -> Unit,
    modifier: Modifier = Modifier,
) {
    val strings = LocalStrings.current
    val sheet = state.sheet
    val title =
        when (sheet) {
            is SellSheet.Amount -> sheet.tender.name
            is SellSheet.Discount -> lineName(state, sheet.line) ?: strings.discountReceipt
            is SellSheet.Quantity -> lineName(state, sheet.line) ?: strings.quantity
            is SellSheet.Price -> lineName(state, sheet.line) ?: strings.otherPrice
            is SellSheet.Which -> strings.whichItem
            is SellSheet.Held -> strings.heldSales
            is SellSheet.Hold -> strings.hold
            is SellSheet.Customers -> if (sheet.customers.new != null) strings.newCustomer else strings.customer
            SellSheet.More, null -> strings.more
        }
    val content: (@Composable ColumnScope.() -> Unit)? =
        if (sheet ==
            null
        ) {
            null
        } else {
            ({ SheetContent(sheet, state, onEvent) })
        }
    WithSheet(content, title, { onEvent(SellEvent.CloseSheet) }, modifier) {
        val completed = state.completed
        val cart = state.screen.cart
        Column(Modifier.fillMaxSize()) {
            if (state.isOffline) OfflineNote()
            when {
                completed != null -> ReceiptPage(completed, onEvent)
                state.isPaying && cart != null -> PayPage(cart, state.screen, onEvent)
                else -> CartPage(state, hasScanner, onEvent)
            }
        }
    }
}

private fun lineName(
    state: SellState,
    line: Int?,
): String? =
    line?.let {
        state.screen.cart
            ?.lines
            ?.getOrNull(it)
            ?.name
    }

/** Selling goes on without a line; the cashier sees that it does. */
@Composable
private fun OfflineNote() {
    val states = TillTheme.states
    Surface(Modifier.fillMaxWidth(), color = states.waitContainer, contentColor = states.onWait) {
        StateLine(
            Glyphs.offline,
            LocalStrings.current.offlineSale,
            states.onWait,
            Modifier.padding(horizontal = Edge, vertical = 10.dp).semantics { liveRegion = LiveRegionMode.Polite },
        )
    }
}

@Composable
private fun ColumnScope.CartPage(
    state: SellState,
    hasScanner: Boolean,
    onEvent: (SellEvent) -> Unit,
) {
    val strings = LocalStrings.current
    val screen = state.screen
    val cart = screen.cart
    Box(Modifier.weight(1f).fillMaxWidth()) {
        when {
            state.query.isNotBlank() -> Hits(screen, onEvent)
            cart != null && cart.lines.isNotEmpty() -> CartLines(cart, "discount" in screen.rights, onEvent)
            else -> Empty(Glyphs.cart, strings.emptyCart, strings.emptyCartHint)
        }
    }
    SearchField(
        state.query,
        hasScanner,
        { onEvent(SellEvent.Type(it)) },
        { onEvent(SellEvent.SubmitCode) },
        { onEvent(SellEvent.Scan) },
    )
    if (cart == null) {
        if (screen.interrupted > 0u) {
            StateLine(Glyphs.pause, strings.interruptedSales, TillTheme.states.wait)
        }
        if (screen.held > 0u) {
            SideButton(
                "${strings.heldSales} (${LocalFormats.current.count(screen.held)})",
                { onEvent(SellEvent.OpenHeld) },
                Modifier.fillMaxWidth().padding(start = Edge, end = Edge, bottom = Edge),
                Glyphs.pause,
            )
        }
    } else {
        TotalBar(cart, customerOf(state), onEvent)
    }
}

/** Typing searches; Enter, which is what scanners send, takes what is typed for a code. */
@Composable
internal fun SearchField(
    query: String,
    hasScanner: Boolean,
    onType: (String) -> Unit,
    onSubmit: () -> Unit,
    onScan: () -> Unit,
) {
    val strings = LocalStrings.current
    Row(
        Modifier.fillMaxWidth().padding(horizontal = Edge, vertical = 8.dp),
        Arrangement.spacedBy(8.dp),
        Alignment.CenterVertically,
    ) {
        OutlinedTextField(
            query,
            onType,
            Modifier.weight(1f).onPreviewKeyEvent { pressed ->
                val isEnter = pressed.key == Enter || pressed.key == NumPadEnter
                if (isEnter && pressed.type == KeyEventType.KeyDown) onSubmit()
                isEnter
            },
            label = { Text(strings.search) },
            placeholder = { Text(strings.searchHint) },
            leadingIcon = { Icon(Glyphs.search, contentDescription = null) },
            trailingIcon = {
                if (query.isNotEmpty()) GlyphButton(Glyphs.close, strings.clear, { onType("") })
            },
            singleLine = true,
            keyboardOptions = KeyboardOptions(imeAction = ImeAction.Done),
            keyboardActions = KeyboardActions(onDone = { onSubmit() }),
            shape = MaterialTheme.shapes.large,
        )
        if (hasScanner) GlyphButton(Glyphs.scan, strings.scan, onScan)
    }
}

@Composable
private fun Hits(
    screen: SellScreen,
    onEvent: (SellEvent) -> Unit,
) {
    val strings = LocalStrings.current
    if (screen.hits.isEmpty()) {
        if (screen.query.isNotBlank()) Empty(Glyphs.search, strings.noHits, strings.searchHint)
        return
    }
    LazyColumn(Modifier.fillMaxSize(), verticalArrangement = Arrangement.Bottom) {
        items(screen.hits, { it.item }) { hit -> Hit(hit, onEvent) }
    }
}

@Composable
private fun Hit(
    hit: SearchHit,
    onEvent: (SellEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val muted = MaterialTheme.colorScheme.onSurfaceVariant
    Row(
        Modifier
            .clickable(onClickLabel = strings.add(hit.name), role = Role.Button) { onEvent(SellEvent.AddHit(hit)) }
            .fillMaxWidth()
            .heightIn(min = 64.dp)
            .padding(horizontal = Edge, vertical = 10.dp),
        Arrangement.spacedBy(12.dp),
        Alignment.CenterVertically,
    ) {
        Column(Modifier.weight(1f), Arrangement.spacedBy(2.dp)) {
            Text(hit.name, style = MaterialTheme.typography.titleMedium)
            val stock = hit.stock
            hit.code?.let { Text(it, style = MaterialTheme.typography.bodyMedium, color = muted) }
            if (stock != null) {
                val level = strings.inStock(formats.quantity(stock.quantity), hit.unit)
                val asOf = stock.asOfMs?.let { strings.stockAsOf(formats.ago(it)) }
                Text(
                    listOfNotNull(level, asOf).joinToString(" · "),
                    style = MaterialTheme.typography.bodyMedium,
                    color = muted,
                )
            }
            if (hit.willBeReplaced) StateLine(Glyphs.pencil, strings.willBeReplaced, TillTheme.states.wait)
        }
        Column(horizontalAlignment = Alignment.End) {
            Text(formats.price(hit.price, hit.currency), style = MaterialTheme.typography.titleLarge)
            Text(hit.unit, style = MaterialTheme.typography.bodySmall, color = muted)
        }
    }
    HorizontalDivider(color = MaterialTheme.colorScheme.outlineVariant)
}

@Composable
private fun CartLines(
    cart: CartView,
    mayDiscount: Boolean,
    onEvent: (SellEvent) -> Unit,
) {
    val list = rememberLazyListState()
    LaunchedEffect(cart.lines.size) { list.scrollToItem(cart.lines.lastIndex.coerceAtLeast(0)) }
    LazyColumn(Modifier.fillMaxSize(), list, verticalArrangement = Arrangement.Bottom) {
        itemsIndexed(cart.lines) { index, line ->
            CartRow(line, index, cart.total.currency, mayDiscount, onEvent)
            HorizontalDivider(color = MaterialTheme.colorScheme.outlineVariant)
        }
    }
}

@Composable
private fun CartRow(
    line: CartLine,
    index: Int,
    currency: String,
    mayDiscount: Boolean,
    onEvent: (SellEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val muted = MaterialTheme.colorScheme.onSurfaceVariant
    Column(Modifier.fillMaxWidth().padding(start = Edge, end = Edge, top = 10.dp, bottom = 2.dp)) {
        Row(Modifier, Arrangement.spacedBy(12.dp)) {
            Column(Modifier.weight(1f)) {
                Text(line.name, style = MaterialTheme.typography.titleMedium)
                Text(
                    "${formats.quantity(line.quantity)} ${line.unit} × ${formats.price(line.unitPrice, currency)}",
                    style = MaterialTheme.typography.bodyMedium,
                    color = muted,
                )
            }
            Text(formats.amount(line.gross), style = MaterialTheme.typography.titleLarge)
        }
        if (line.discount.minor != 0L) {
            StateLine(Glyphs.tag, strings.takenOff(formats.amount(line.discount)), TillTheme.states.good)
        }
        if (line.isEdited) StateLine(Glyphs.pencil, strings.editedHere, TillTheme.states.wait)
        // The icons stand on the edges of the text; their touch areas reach over them.
        Row(Modifier.fillMaxWidth().padding(top = 4.dp, bottom = 4.dp), verticalAlignment = Alignment.CenterVertically) {
            val atStart = Modifier.offset(x = -IconInset)
            Stepper(line.name, { onEvent(SellEvent.Step(index, it)) }, atStart) {
                QuantityKey(line.quantity, { onEvent(SellEvent.Open(SellSheet.Quantity(index))) }, atStart)
            }
            Box(Modifier.weight(1f))
            val atEnd = Modifier.offset(x = IconInset)
            if (mayDiscount) {
                GlyphButton(
                    Glyphs.tag,
                    strings.discountOf(line.name),
                    { onEvent(SellEvent.Open(SellSheet.Discount(index))) },
                    atEnd,
                )
            }
            GlyphButton(Glyphs.trash, strings.removeLine(line.name), { onEvent(SellEvent.Remove(index)) }, atEnd)
        }
    }
}

/** How much of a line there is; a tap types another. */
@Composable
internal fun QuantityKey(
    quantity: String,
    onClick: () -> Unit,
    modifier: Modifier = Modifier,
) {
    Surface(
        onClick,
        modifier.widthIn(min = 72.dp).heightIn(min = Touch),
        shape = MaterialTheme.shapes.medium,
        color = MaterialTheme.colorScheme.surfaceContainerHigh,
    ) {
        Box(Modifier.heightIn(min = Touch).padding(horizontal = 12.dp), Alignment.Center) {
            Text(
                LocalFormats.current.quantity(quantity),
                style = MaterialTheme.typography.titleLarge,
                textAlign = TextAlign.Center,
            )
        }
    }
}

/** One less, how much there is, one more. */
@Composable
internal fun Stepper(
    name: String,
    onStep: (Int) -> Unit,
    modifier: Modifier = Modifier,
    quantity: @Composable () -> Unit,
) {
    val strings = LocalStrings.current
    val tint = MaterialTheme.colorScheme.primary
    GlyphButton(Glyphs.minus, strings.oneLess(name), { onStep(-1) }, modifier, tint = tint)
    quantity()
    GlyphButton(Glyphs.plus, strings.oneMore(name), { onStep(1) }, modifier, tint = tint)
}

/** A quantity is typed, and taken once it is one. */
@Composable
internal fun QuantityEntry(
    typed: TypedQuantity,
    onType: (TypedQuantity) -> Unit,
    onTake: () -> Unit,
    between: @Composable () -> Unit = {},
) {
    val strings = LocalStrings.current
    TextEntry(
        typed.text,
        { onType(TypedQuantity.of(it, strings.locale)) },
        strings.quantity,
        keyboard = KeyboardOptions(keyboardType = KeyboardType.Decimal),
    )
    typed.twoReadings?.let {
        StateLine(Glyphs.warning, strings.twoReadings(it.text, it.grouped, it.decimal), MaterialTheme.colorScheme.error)
    }
    between()
    MainButton(
        strings.save,
        onTake,
        Modifier.fillMaxWidth().padding(top = 12.dp),
        Glyphs.check,
        isEnabled = typed.quantity != null,
    )
}

/** Half of what a touch area is wider than its icon. */
internal val IconInset = 12.dp

/** What is due, and what is next. */
@Composable
private fun TotalBar(
    cart: CartView,
    customer: String?,
    onEvent: (SellEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    Surface(color = MaterialTheme.colorScheme.surfaceContainerHigh) {
        Column(Modifier.fillMaxWidth().padding(Edge), Arrangement.spacedBy(10.dp)) {
            if (customer !=
                null
            ) {
                StateLine(Glyphs.person, customer, MaterialTheme.colorScheme.primary, style = MaterialTheme.typography.titleMedium)
            }
            AmountLine("${strings.total} · ${strings.lines(cart.lines.size)}", cart.total)
            Row(Modifier.height(IntrinsicSize.Min), Arrangement.spacedBy(12.dp), Alignment.CenterVertically) {
                Surface(
                    { onEvent(SellEvent.Open(SellSheet.More)) },
                    Modifier.fillMaxHeight().widthIn(min = 64.dp),
                    shape = MaterialTheme.shapes.large,
                    color = MaterialTheme.colorScheme.surfaceContainerLow,
                ) { Box(Modifier.heightIn(min = 64.dp), Alignment.Center) { Icon(Glyphs.more, strings.more) } }
                MainButton(
                    strings.payAmount(formats.amount(cart.total)),
                    { onEvent(SellEvent.Pay) },
                    Modifier.weight(1f),
                    isEnabled = cart.lines.isNotEmpty(),
                )
            }
        }
    }
}

/** An amount that must be read at once, and what it is; one under the other if they do not fit. */
@Composable
private fun AmountLine(
    name: String,
    amount: Amount,
    modifier: Modifier = Modifier,
) {
    val formats = LocalFormats.current
    FlowRow(
        modifier.fillMaxWidth().semantics(mergeDescendants = true) {},
        horizontalArrangement = Arrangement.SpaceBetween,
        itemVerticalAlignment = Alignment.CenterVertically,
    ) {
        Text(name, style = MaterialTheme.typography.titleMedium, color = MaterialTheme.colorScheme.onSurfaceVariant)
        Text(formats.amount(amount), style = TillTheme.big, maxLines = 1)
    }
}

/** Ways to pay as large buttons; the whole rest at a tap, another amount beside it. */
@Composable
private fun ColumnScope.PayPage(
    cart: CartView,
    screen: SellScreen,
    onEvent: (SellEvent) -> Unit,
) {
    val strings = LocalStrings.current
    Row(Modifier.fillMaxWidth().padding(end = Edge), verticalAlignment = Alignment.CenterVertically) {
        GlyphButton(Glyphs.back, strings.back, { onEvent(SellEvent.BackToCart) }, Modifier.padding(4.dp))
        Text(strings.pay, Modifier.semantics { heading() }, style = MaterialTheme.typography.titleLarge)
    }
    Column(
        Modifier.weight(1f).verticalScroll(rememberScrollState()).padding(start = Edge, end = Edge, bottom = Edge),
        Arrangement.spacedBy(10.dp, Alignment.Bottom),
    ) {
        if (cart.tenders.isNotEmpty()) AmountLine(strings.total, cart.total)
        cart.tenders.forEachIndexed { index, paid ->
            val name = screen.tenders.find { it.tender == paid.tender }?.name ?: paid.tender
            PaidLine(name, paid.amount, paid.home) { onEvent(SellEvent.RemovePayment(index)) }
        }
        val canPay = cart.canPay.map { it.tender }
        screen.tenders.filter { it.tender in canPay }.forEach { tender -> TenderRow(tender, cart.total.currency, onEvent) }
    }
    Surface(color = MaterialTheme.colorScheme.surfaceContainerHigh) {
        Column(Modifier.fillMaxWidth().padding(Edge), Arrangement.spacedBy(10.dp)) {
            if (cart.change.minor > 0) AmountLine(strings.change, cart.change) else AmountLine(strings.toPay, cart.rest)
            MainButton(
                strings.complete,
                { onEvent(SellEvent.Complete) },
                Modifier.fillMaxWidth(),
                Glyphs.check,
                isEnabled = cart.canComplete,
            )
        }
    }
}

@Composable
private fun PaidLine(
    name: String,
    amount: Amount,
    home: Amount,
    onRemove: () -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    Row(Modifier.fillMaxWidth(), Arrangement.spacedBy(8.dp), Alignment.CenterVertically) {
        Icon(Glyphs.check, contentDescription = null, tint = TillTheme.states.good)
        Text(strings.payBy(name), Modifier.weight(1f), style = MaterialTheme.typography.titleMedium)
        Column(horizontalAlignment = Alignment.End) {
            Text(formats.amount(amount), style = MaterialTheme.typography.titleLarge)
            if (home.currency !=
                amount.currency
            ) {
                Text(formats.amount(home), style = MaterialTheme.typography.bodyMedium)
            }
        }
        GlyphButton(Glyphs.trash, strings.removePayment(name), onRemove)
    }
}

@Composable
private fun TenderRow(
    tender: TenderChoice,
    home: String,
    onEvent: (SellEvent) -> Unit,
) {
    val strings = LocalStrings.current
    val isHome = tender.currency == home
    val other = { onEvent(SellEvent.Open(SellSheet.Amount(tender))) }
    val exact: @Composable (Modifier) -> Unit = { modifier ->
        // A foreign currency is never exact: its amount must be typed.
        TenderButton(tender, isHome, { if (isHome) onEvent(SellEvent.PayExact(tender)) else other() }, modifier)
    }
    if (LocalDensity.current.fontScale < LARGE_FONT) {
        Row(Modifier.fillMaxWidth().height(IntrinsicSize.Min), Arrangement.spacedBy(8.dp), Alignment.CenterVertically) {
            exact(Modifier.weight(1f).fillMaxHeight())
            if (isHome) {
                SideButton(
                    strings.otherAmount,
                    other,
                    Modifier.fillMaxHeight().widthIn(min = 96.dp, max = 132.dp),
                )
            }
        }
    } else {
        Column(verticalArrangement = Arrangement.spacedBy(8.dp)) {
            exact(Modifier.fillMaxWidth())
            if (isHome) SideButton(strings.otherAmount, other, Modifier.fillMaxWidth())
        }
    }
}

/** From here on words stand below each other that else stand side by side. */
private const val LARGE_FONT = 1.5f

@Composable
private fun TenderButton(
    tender: TenderChoice,
    isHome: Boolean,
    onClick: () -> Unit,
    modifier: Modifier,
) {
    val strings = LocalStrings.current
    Surface(
        onClick,
        modifier,
        shape = MaterialTheme.shapes.large,
        color = MaterialTheme.colorScheme.primaryContainer,
        contentColor = MaterialTheme.colorScheme.onPrimaryContainer,
    ) {
        Row(
            Modifier.heightIn(min = 68.dp).padding(horizontal = Edge, vertical = 8.dp),
            Arrangement.spacedBy(14.dp),
            Alignment.CenterVertically,
        ) {
            Icon(tenderGlyph(tender.kind), contentDescription = null)
            Column {
                Text(tender.name, style = MaterialTheme.typography.titleLarge)
                Text(
                    if (isHome) strings.exact else strings.amountOf(tender.currency),
                    style = MaterialTheme.typography.bodyMedium,
                )
            }
        }
    }
}

private fun tenderGlyph(kind: TenderKind) =
    when (kind) {
        TenderKind.CASH -> Glyphs.cash
        TenderKind.CARD -> Glyphs.card
        TenderKind.CUSTOMER_CREDIT -> Glyphs.person
        TenderKind.VOUCHER, TenderKind.OTHER -> Glyphs.tag
    }

/** The sale is durable: what goes back, what was printed, and on to the next. */
@Composable
private fun ColumnScope.ReceiptPage(
    document: RecordedDocument,
    onEvent: (SellEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    Box(Modifier.weight(1f).fillMaxWidth().padding(Edge), Alignment.BottomCenter) {
        Surface(
            shape = MaterialTheme.shapes.medium,
            color = MaterialTheme.colorScheme.surfaceContainerLowest,
            shadowElevation = 2.dp,
        ) {
            ReceiptText(document.text, Modifier.verticalScroll(rememberScrollState()).padding(14.dp))
        }
    }
    Surface(color = MaterialTheme.colorScheme.surfaceContainerHigh) {
        Column(Modifier.fillMaxWidth().padding(Edge), Arrangement.spacedBy(10.dp)) {
            Fact(document.number, formats.amount(document.total), style = MaterialTheme.typography.titleMedium)
            AmountLine(strings.change, document.change)
            Row(Modifier.height(IntrinsicSize.Min), Arrangement.spacedBy(12.dp)) {
                SideButton(
                    strings.print,
                    { onEvent(SellEvent.Print) },
                    Modifier.fillMaxHeight().weight(0.7f),
                    Glyphs.print,
                )
                MainButton(strings.newSale, { onEvent(SellEvent.NewSale) }, Modifier.weight(1f))
            }
        }
    }
}

/** A receipt's 42 columns, in whatever size they fit the phone. */
@Composable
fun ReceiptText(
    text: String,
    modifier: Modifier = Modifier,
) {
    // Columns hold only on whole lines: sideways it scrolls rather than wraps.
    Box(Modifier.fillMaxWidth(), Alignment.TopCenter) {
        Text(
            text.trimEnd(),
            modifier.then(Modifier.horizontalScroll(rememberScrollState())),
            style = TillTheme.receipt,
            softWrap = false,
        )
    }
}

@Composable
private fun SheetContent(
    sheet: SellSheet,
    state: SellState,
    onEvent: (SellEvent) -> Unit,
) {
    when (sheet) {
        is SellSheet.Amount -> AmountSheet(sheet, state.screen.cart, onEvent)
        is SellSheet.Discount -> DiscountSheet(sheet, state.screen.cart, onEvent)
        is SellSheet.Quantity -> QuantitySheet(sheet, "price_override" in state.screen.rights, onEvent)
        is SellSheet.Price -> PriceSheet(sheet, state.screen.cart, onEvent)
        is SellSheet.Which -> WhichSheet(sheet.hits) { onEvent(SellEvent.AddHit(it)) }
        is SellSheet.Held -> HeldSheet(sheet, onEvent)
        is SellSheet.Hold -> HoldSheet(sheet, onEvent)
        is SellSheet.Customers -> Customers(sheet.customers) { onEvent(SellEvent.Customers(it)) }
        SellSheet.More -> MoreSheet(state, onEvent)
    }
}

@Composable
private fun AmountSheet(
    sheet: SellSheet.Amount,
    cart: CartView?,
    onEvent: (SellEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val typed = Amount(sheet.digits.toLongOrNull() ?: 0, sheet.tender.currency, sheet.tender.decimals)
    val rest = cart?.canPay?.find { it.tender == sheet.tender.tender }?.rest
    if (rest != null) Fact(strings.toPay, formats.amount(rest), style = MaterialTheme.typography.titleMedium)
    TypedAmount(formats.amount(typed))
    Keypad({ onEvent(SellEvent.Press(it)) })
    MainButton(
        strings.payAmount(formats.amount(typed)),
        { onEvent(SellEvent.Take) },
        Modifier.fillMaxWidth().padding(top = 12.dp),
        isEnabled = typed.minor > 0,
    )
}

@Composable
private fun DiscountSheet(
    sheet: SellSheet.Discount,
    cart: CartView?,
    onEvent: (SellEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val home = cart?.total ?: return
    val typed = sheet.digits.toLongOrNull() ?: 0
    Row(Modifier.fillMaxWidth().padding(top = 4.dp), Arrangement.spacedBy(8.dp)) {
        Choice(strings.percent, sheet.isPercent, { onEvent(SellEvent.DiscountBy(true)) }, Modifier.weight(1f))
        Choice(strings.amount, !sheet.isPercent, { onEvent(SellEvent.DiscountBy(false)) }, Modifier.weight(1f))
    }
    TypedAmount(if (sheet.isPercent) formats.percent(typed.toInt()) else formats.amount(home.copy(minor = typed)))
    Keypad({ onEvent(SellEvent.Press(it)) })
    Row(Modifier.padding(top = 12.dp), Arrangement.spacedBy(12.dp), Alignment.CenterVertically) {
        SideButton(strings.noDiscount, { onEvent(SellEvent.NoDiscount) }, Modifier.weight(0.8f).heightIn(min = 64.dp))
        MainButton(strings.discount, { onEvent(SellEvent.Take) }, Modifier.weight(1f), isEnabled = typed > 0)
    }
}

@Composable
private fun QuantitySheet(
    sheet: SellSheet.Quantity,
    mayReprice: Boolean,
    onEvent: (SellEvent) -> Unit,
) {
    val strings = LocalStrings.current
    QuantityEntry(sheet.typed, { onEvent(SellEvent.Quantity(it)) }, { onEvent(SellEvent.Take) }) {
        if (mayReprice) {
            SheetChoice(strings.otherPrice, Glyphs.pencil, { onEvent(SellEvent.Open(SellSheet.Price(sheet.line))) })
        }
    }
}

@Composable
private fun PriceSheet(
    sheet: SellSheet.Price,
    cart: CartView?,
    onEvent: (SellEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val home = cart?.total ?: return
    val typed = sheet.digits.toLongOrNull() ?: 0
    Text(strings.otherPriceHint, style = MaterialTheme.typography.bodyMedium)
    TypedAmount(formats.amount(home.copy(minor = typed)))
    Keypad({ onEvent(SellEvent.Press(it)) })
    TextEntry(sheet.reason, { onEvent(SellEvent.Reason(it)) }, strings.reason, Modifier.padding(top = 8.dp))
    MainButton(
        strings.save,
        { onEvent(SellEvent.Take) },
        Modifier.fillMaxWidth().padding(top = 12.dp),
        Glyphs.check,
        isEnabled = sheet.digits.isNotEmpty() && sheet.reason.isNotBlank(),
    )
}

/** Which of the items that have one code is meant. */
@Composable
internal fun WhichSheet(
    hits: List<SearchHit>,
    onChoose: (SearchHit) -> Unit,
) {
    val formats = LocalFormats.current
    hits.forEach { hit ->
        SheetChoice(hit.name, Glyphs.tag, { onChoose(hit) }, hint = hit.code, trailing = formats.price(hit.price, hit.currency))
    }
}

@Composable
private fun HeldSheet(
    sheet: SellSheet.Held,
    onEvent: (SellEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    if (sheet.sales.isEmpty()) Text(strings.nothingHere, Modifier.padding(vertical = Edge))
    sheet.sales.forEach { sale ->
        val by = strings.heldBy(sale.user, formats.moment(sale.heldMs))
        SheetChoice(
            sale.label.ifBlank {
                if (sale.isOpen) strings.interruptedSale else by
            },
            Glyphs.cart,
            { onEvent(SellEvent.Recall(sale)) },
            hint = by.takeIf { sale.label.isNotBlank() || sale.isOpen },
        )
        if (sale.id == sheet.refused) {
            SideButton(strings.cancelSale, { onEvent(SellEvent.Discard(sale)) }, Modifier.fillMaxWidth(), Glyphs.close)
        }
    }
}

@Composable
private fun HoldSheet(
    sheet: SellSheet.Hold,
    onEvent: (SellEvent) -> Unit,
) {
    val strings = LocalStrings.current
    TextEntry(sheet.label, { onEvent(SellEvent.Label(it)) }, strings.holdLabel)
    MainButton(strings.hold, { onEvent(SellEvent.Take) }, Modifier.fillMaxWidth().padding(top = 12.dp), Glyphs.pause)
}

/** By name if it was chosen here, else by key: a held sale has no more. */
private fun customerOf(state: SellState): String? =
    state.screen.cart
        ?.customer
        ?.let { key -> state.customer?.takeIf { it.key == key }?.name ?: key }

@Composable
private fun MoreSheet(
    state: SellState,
    onEvent: (SellEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val held = state.screen.held
    SheetChoice(
        strings.customer,
        Glyphs.person,
        { onEvent(SellEvent.OpenCustomers) },
        hint = customerOf(state),
    )
    if ("discount" in state.screen.rights) {
        SheetChoice(strings.discountReceipt, Glyphs.tag, { onEvent(SellEvent.Open(SellSheet.Discount(null))) })
    }
    SheetChoice(strings.hold, Glyphs.pause, { onEvent(SellEvent.Open(SellSheet.Hold())) })
    SheetChoice(
        strings.heldSales,
        Glyphs.cart,
        { onEvent(SellEvent.OpenHeld) },
        trailing =
            formats.count(held).takeIf {
                held >
                    0u
            },
    )
    SheetChoice(strings.cancelSale, Glyphs.trash, { onEvent(SellEvent.CancelSale) })
}
