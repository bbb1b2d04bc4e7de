package tillkit.ui

import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.items
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.text.input.KeyboardType
import androidx.compose.ui.unit.dp
import tillkit.Cashier
import tillkit.CustomerView
import tillkit.NewCustomer

/** Customers that are looked for, as far as they were scrolled; or one that is being written down. */
data class CustomersState(
    val query: String = "",
    val found: List<CustomerView> = emptyList(),
    val hasMore: Boolean = false,
    val new: NewCustomer? = null,
)

sealed interface CustomersEvent {
    data class Find(
        val query: String,
    ) : CustomersEvent

    data object More : CustomersEvent

    /** Nobody, if it is none. */
    data class Choose(
        val customer: CustomerView?,
    ) : CustomersEvent

    /** Begins to write one down who is called as what was looked for. */
    data object Begin : CustomersEvent

    data class Write(
        val new: NewCustomer,
    ) : CustomersEvent

    data object Make : CustomersEvent
}

/**
 * The customers of the centre and those made here, page after page, for whichever page looks for one: what it
 * shows of them is [shown] and changed by [change], and whoever is chosen is handed to [take].
 */
class CustomerBook(
    private val cashier: Cashier,
    private val inTurn: InTurn,
    private val shown: () -> CustomersState?,
    private val change: (CustomersState.() -> CustomersState) -> Unit,
    private val take: suspend (customer: CustomerView?, isNew: Boolean) -> Unit,
) {
    fun onEvent(event: CustomersEvent) {
        when (event) {
            is CustomersEvent.Find -> {
                change { copy(query = event.query) }
                inTurn.attempt {
                    val found = find(event.query)
                    // Another letter may have been typed meanwhile, or somebody is written down.
                    change { if (query == event.query && new == null) found else this }
                }
            }

            CustomersEvent.More -> {
                inTurn.attempt { shown()?.let { more(it) }?.let { longer -> change { longer } } }
            }

            is CustomersEvent.Choose -> {
                inTurn.attempt { take(event.customer, false) }
            }

            CustomersEvent.Begin -> {
                change { copy(new = NewCustomer(query.trim())) }
            }

            is CustomersEvent.Write -> {
                change { copy(new = event.new) }
            }

            CustomersEvent.Make -> {
                inTurn.attempt { shown()?.new?.let { take(cashier.makeCustomer(it), true) } }
            }
        }
    }

    suspend fun find(query: String): CustomersState {
        val found = cashier.customers(query, limit = PAGE)
        return CustomersState(query, found, hasMore(found))
    }

    private suspend fun more(shown: CustomersState): CustomersState {
        val last = shown.found.lastOrNull() ?: return shown
        val found = cashier.customers(shown.query, after = last.key, limit = PAGE)
        return shown.copy(found = shown.found + found, hasMore = hasMore(found))
    }

    /** A page is "about" so long: who has become part of another is left out of it. */
    private fun hasMore(page: List<CustomerView>) = page.size >= PAGE / 2

    private companion object {
        const val PAGE = 50
    }
}

/** Looks for a customer, or writes a new one down. */
@Composable
fun Customers(
    state: CustomersState,
    onEvent: (CustomersEvent) -> Unit,
) {
    val strings = LocalStrings.current
    val new = state.new
    if (new != null) {
        CustomerForm(new, onEvent)
        return
    }
    TextEntry(state.query, { onEvent(CustomersEvent.Find(it)) }, strings.findCustomer)
    SheetChoice(strings.newCustomer, Glyphs.plus, { onEvent(CustomersEvent.Begin) })
    SheetChoice(strings.noCustomer, Glyphs.close, { onEvent(CustomersEvent.Choose(null)) })
    if (state.found.isEmpty()) Text(strings.noHits, Modifier.padding(vertical = Edge))
    LazyColumn(Modifier.heightIn(max = 360.dp), contentPadding = PaddingValues(bottom = 8.dp)) {
        items(state.found, { it.key }) { customer ->
            val facts = listOf(customer.phone, customer.email, customer.vatId).filter { it.isNotBlank() }
            SheetChoice(
                customer.name,
                Glyphs.person,
                { onEvent(CustomersEvent.Choose(customer)) },
                hint = if (customer.isOwn) strings.madeHere else facts.joinToString(" · ").ifEmpty { customer.key },
            )
        }
        if (state.hasMore) item("more") { MoreButton { onEvent(CustomersEvent.More) } }
    }
}

@Composable
private fun CustomerForm(
    new: NewCustomer,
    onEvent: (CustomersEvent) -> Unit,
) {
    val strings = LocalStrings.current
    val write = { change: NewCustomer -> onEvent(CustomersEvent.Write(change)) }
    val phone = KeyboardOptions(keyboardType = KeyboardType.Phone)
    val email = KeyboardOptions(keyboardType = KeyboardType.Email, autoCorrectEnabled = false)
    TextEntry(new.name, { write(new.copy(name = it)) }, strings.customerName)
    TextEntry(new.phone, { write(new.copy(phone = it)) }, strings.fact("phone"), keyboard = phone)
    TextEntry(new.email, { write(new.copy(email = it)) }, strings.fact("email"), keyboard = email)
    TextEntry(new.address, { write(new.copy(address = it)) }, strings.fact("address"))
    TextEntry(new.vatId, { write(new.copy(vatId = it)) }, strings.fact("vat_id"))
    MainButton(
        strings.makeCustomer,
        { onEvent(CustomersEvent.Make) },
        Modifier.fillMaxWidth().padding(top = 12.dp),
        Glyphs.person,
        isEnabled = new.name.isNotBlank(),
    )
}
