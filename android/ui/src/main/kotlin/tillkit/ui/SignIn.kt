package tillkit.ui

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.lazy.grid.GridCells
import androidx.compose.foundation.lazy.grid.LazyVerticalGrid
import androidx.compose.foundation.lazy.grid.items
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.shape.CircleShape
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.dp
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import tillkit.TillException
import tillkit.UserChoice

/** Who may sign in, who is about to, and how many digits there are; the PIN itself is never drawn. */
data class SignInState(
    val users: List<UserChoice>? = null,
    val chosen: UserChoice? = null,
    val digits: Int = 0,
    val isChecking: Boolean = false,
    val refusal: Notice.Refusal? = null,
)

sealed interface SignInEvent {
    data class Choose(
        val user: UserChoice,
    ) : SignInEvent

    data class Press(
        val key: Key,
    ) : SignInEvent

    data object Submit : SignInEvent

    data object OtherUser : SignInEvent
}

class SignInModel(
    private val desk: Desk,
) {
    private val shown = MutableStateFlow(SignInState())
    val state: StateFlow<SignInState> = shown.asStateFlow()

    private val inTurn = InTurn(desk)
    private var pin = ""

    fun load() =
        inTurn.attempt {
            val users = desk.till.users()
            // Another centre may have been chosen meanwhile, with users of its own.
            shown.update { now ->
                val chosen = users.find { it.user == now.chosen?.user } ?: users.singleOrNull()
                now.copy(users = users, chosen = chosen, refusal = now.refusal.takeIf { chosen == now.chosen })
            }
        }

    fun onEvent(event: SignInEvent) {
        when (event) {
            is SignInEvent.Choose -> enter("") { copy(chosen = event.user, refusal = null) }
            is SignInEvent.Press -> enter(event.key.after(pin, MOST_DIGITS)) { copy(refusal = null) }
            SignInEvent.Submit -> submit()
            SignInEvent.OtherUser -> enter("") { copy(chosen = null, refusal = null) }
        }
    }

    fun back(): Boolean {
        if (shown.value.chosen == null) return false
        onEvent(SignInEvent.OtherUser)
        return true
    }

    private fun submit() {
        val user = shown.value.chosen ?: return
        if (pin.isEmpty() || shown.value.isChecking) return
        val given = pin
        enter("") { copy(isChecking = true) }
        inTurn.attempt {
            try {
                desk.signIn(desk.till.signIn(user.user, given))
                shown.update { SignInState(users = it.users) }
            } catch (refused: TillException) {
                shown.update { it.copy(isChecking = false, refusal = refused.notice()) }
            }
        }
    }

    private fun enter(
        digits: String,
        also: SignInState.() -> SignInState,
    ) {
        pin = digits
        shown.update { it.also().copy(digits = digits.length) }
    }

    private companion object {
        const val MOST_DIGITS = 12
    }
}

/** Tiles of people, then the keys for a PIN under the thumb. */
@Composable
fun SignInPage(
    state: SignInState,
    onEvent: (SignInEvent) -> Unit,
    modifier: Modifier = Modifier,
) {
    val chosen = state.chosen
    if (chosen == null) UserTiles(state, onEvent, modifier) else PinPad(chosen, state, onEvent, modifier)
}

@Composable
private fun UserTiles(
    state: SignInState,
    onEvent: (SignInEvent) -> Unit,
    modifier: Modifier,
) {
    val strings = LocalStrings.current
    val users = state.users ?: return
    if (users.isEmpty()) {
        Empty(Glyphs.person, strings.noUsers, strings.noUsersHint, modifier)
        return
    }
    Column(modifier.fillMaxSize().padding(Edge), Arrangement.spacedBy(Edge, Alignment.Bottom)) {
        Text(strings.whoSells, Modifier.semantics { heading() }, style = MaterialTheme.typography.headlineSmall)
        LazyVerticalGrid(
            GridCells.Fixed(2),
            horizontalArrangement = Arrangement.spacedBy(12.dp),
            verticalArrangement = Arrangement.spacedBy(12.dp),
            contentPadding = PaddingValues(bottom = 24.dp),
        ) {
            items(users, { it.user }) { user ->
                Surface(
                    { onEvent(SignInEvent.Choose(user)) },
                    shape = MaterialTheme.shapes.large,
                    color = MaterialTheme.colorScheme.primaryContainer,
                    contentColor = MaterialTheme.colorScheme.onPrimaryContainer,
                ) {
                    Column(
                        Modifier.heightIn(min = 112.dp).padding(Edge),
                        Arrangement.spacedBy(8.dp, Alignment.CenterVertically),
                        Alignment.CenterHorizontally,
                    ) {
                        Icon(Glyphs.person, contentDescription = null, Modifier.size(32.dp))
                        Text(
                            user.name,
                            Modifier.fillMaxWidth(),
                            style = MaterialTheme.typography.titleLarge,
                            textAlign = TextAlign.Center,
                        )
                    }
                }
            }
        }
    }
}

@Composable
private fun PinPad(
    user: UserChoice,
    state: SignInState,
    onEvent: (SignInEvent) -> Unit,
    modifier: Modifier,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    Column(
        modifier.fillMaxSize().verticalScroll(rememberScrollState(), reverseScrolling = true).padding(Edge),
        Arrangement.spacedBy(Edge, Alignment.Bottom),
        Alignment.CenterHorizontally,
    ) {
        Text(strings.pinOf(user.name), Modifier.semantics { heading() }, style = MaterialTheme.typography.headlineSmall)
        PinDots(state.digits)
        val refusal = state.refusal
        if (refusal != null) {
            val (code, sentence) = refusal.code to refusal.sentence
            StateLine(
                Glyphs.warning,
                listOfNotNull(formats.said(code, sentence), formats.facts(code, sentence)).joinToString(" "),
                MaterialTheme.colorScheme.error,
                style = MaterialTheme.typography.titleMedium,
            )
            Text(formats.safety(refusal.isDataSafe), style = MaterialTheme.typography.bodyMedium)
        }
        Keypad({ onEvent(SignInEvent.Press(it)) }, hasDoubleZero = false)
        MainButton(
            strings.signIn,
            { onEvent(SignInEvent.Submit) },
            Modifier.fillMaxWidth(),
            Glyphs.check,
            isEnabled = state.digits > 0 && !state.isChecking,
        )
        if ((state.users?.size ?: 0) > 1) {
            SideButton(strings.otherUser, { onEvent(SignInEvent.OtherUser) }, Modifier.fillMaxWidth(), Glyphs.person)
        }
    }
}

@Composable
private fun PinDots(digits: Int) {
    val said = LocalStrings.current.digitsEntered(digits)
    Row(
        Modifier.heightIn(min = 28.dp).semantics { contentDescription = said },
        Arrangement.spacedBy(12.dp),
        Alignment.CenterVertically,
    ) {
        repeat(maxOf(digits, 4)) { place ->
            val color =
                if (place <
                    digits
                ) {
                    MaterialTheme.colorScheme.primary
                } else {
                    MaterialTheme.colorScheme.outlineVariant
                }
            Surface(Modifier.size(16.dp), CircleShape, color) { Box(Modifier) }
        }
    }
}
