/*
 * The snippets of docs/embedding-android.md, between `[name]` and `[end]`; EmbeddingTest runs them and
 * holds the page against them.
 */

package tillkit

import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.launch
import tillkit.fakes.FakeNetwork
import tillkit.fakes.FakePrinter
import tillkit.fakes.fakeServices
import java.io.File
import kotlin.time.Duration.Companion.seconds

/** An app that embeds the SDK, in the order of the page. */
object Embedding {
    suspend fun open(folder: File): TillKit {
        // [open]
        val services =
            TillServices(
                keyStore = fileKeyStore(File(folder, "key").path), // on a phone: AndroidKeyStoreSeal()
                network = FakeNetwork(), // on a phone: ConnectivityHints(context)
                printer = FakePrinter(), // yours, or null
                app = "my-shop 1.0",
            )
        val till = TillKit.open(folder.path, services)
        // [end]
        return till
    }

    suspend fun setUp(
        till: TillKit,
        textOfQr: String,
    ) {
        // [set-up]
        till.enrolByQr(textOfQr, device = "Anna's phone")
        val centre = till.centres().first().centre
        till.chooseCentre(centre)
        // [end]
    }

    suspend fun firstSync(
        till: TillKit,
        show: (String) -> Unit,
    ) {
        // [first-sync]
        val report =
            coroutineScope {
                val progress =
                    launch {
                        till.syncScreens.map { it.run?.percent }.collect { percent -> show("${percent ?: 0} %") }
                    }
                till.sync(SyncAll).also { progress.cancel() }
            }
        for (trouble in report?.troubles.orEmpty()) {
            show("${trouble.sentence}; your data is safe: ${trouble.dataIsSafe}")
        }
        // [end]
    }

    suspend fun sell(
        till: TillKit,
        show: (String) -> Unit,
    ) {
        // [sell]
        till.signIn("anna", pin = "1234").use { anna ->
            anna.addCode("5901234123457")
            anna.addCode("MUG", quantity = "2")
            anna.payRest("cash")
            val receipt = anna.complete() // durable from here on: print it
            till.print(receipt.place)
            show(receipt.text)
        }
        // [end]
    }

    suspend fun send(
        till: TillKit,
        show: (String) -> Unit,
    ) {
        // [send]
        show("${till.unsent().documents} unsent")
        till.sync(SyncSection("sales")) // the row's icon
        till.sync(SyncAll) // the red button
        show("${till.unsent().documents} unsent")
        // [end]
    }

    suspend fun refusals(
        till: TillKit,
        pin: String,
        show: (String) -> Unit,
    ) {
        // [refusals]
        try {
            till.signIn("anna", pin).close()
        } catch (refusal: TillException) {
            val toDo =
                when (refusal) {
                    is TillTryAgain -> "Try again."
                    is TillRefused -> "Please correct it."
                    is TillTwoReadings -> "Type ${refusal.grouped.typed} or ${refusal.decimal.typed}."
                    is TillSeveralItems -> "Choose: ${refusal.items.joinToString { it.name }}."
                    is TillForbidden -> "Ask somebody who may."
                    is TillNotReady -> "Open Settings."
                    is TillDeviceFault -> "The phone needs attention."
                    is TillSuspended -> "Resume the till."
                }
            show("[${refusal.code}] ${refusal.sentence}. $toDo Data safe: ${refusal.dataSafe}.")
        }
        // [end]
    }

    suspend fun background(till: TillKit) {
        // [background]
        if (till.suspend(2.seconds) == SuspendOutcome.STILL_HELD) till.suspend(10.seconds)
        // … and when the app is back:
        till.resume()
        // [end]
    }

    suspend fun inTests() {
        // [tests]
        TillKit.preview().use { till ->
            till.signIn("anna", "1234").use { anna -> check(anna.sellScreen("tea").hits.isNotEmpty()) }
        }
        val services = fakeServices(network = FakeNetwork(), printer = FakePrinter())
        // [end]
        check(services.printer is FakePrinter)
    }
}
