package tillkit

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.fail
import java.io.File
import kotlin.time.Duration.Companion.minutes

/** Runs a test; what hangs fails. */
fun test(body: suspend CoroutineScope.() -> Unit): Unit = runBlocking { withTimeout(5.minutes, body) }

/** What a phone has, its key in a file beside the till's. */
fun servicesIn(
    folder: File,
    network: NetworkHints? = null,
    printer: Printer? = null,
): TillServices = TillServices(fileKeyStore(File(folder, "key").path), network, printer, "sdk-tests 1")

/** A till in [folder], enrolled as [name], its first sync done. */
suspend fun BackOffice.openTill(
    folder: File,
    name: String,
    services: TillServices = servicesIn(folder),
): TillKit {
    val till = TillKit.open(folder.path, services)
    till.enrol(url, pairingCode(name), "test phone")
    till.chooseCentre("main")
    check(till.sync(SyncAll)?.isComplete == true) { "the first sync is not complete" }
    return till
}

/** Sells one of each code for cash. */
suspend fun Cashier.sell(vararg codes: String): RecordedDocument {
    codes.forEach { addCode(it) }
    payRest("cash")
    return complete()
}

/** The refusal that [verb] throws; [what] is told if it does not. */
inline fun <reified E : TillException> refused(
    what: Any = "it",
    verb: () -> Unit,
): E {
    try {
        verb()
    } catch (refusal: TillException) {
        return refusal as? E ?: throw AssertionError("refused otherwise", refusal)
    }
    return fail("$what was not refused")
}
