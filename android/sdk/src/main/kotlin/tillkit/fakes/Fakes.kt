// What a phone provides, in memory: for previews and tests.
package tillkit.fakes

import tillkit.LogSink
import tillkit.NetworkHints
import tillkit.NetworkListener
import tillkit.Printer
import tillkit.SealingKeyStore
import tillkit.ServiceFailed
import tillkit.TillServices
import tillkit.memoryKeyStore
import java.util.concurrent.CopyOnWriteArrayList

/** Services of a phone that does not exist; give it what the test is about. */
fun fakeServices(
    keyStore: SealingKeyStore = memoryKeyStore(),
    network: NetworkHints? = null,
    printer: Printer? = null,
): TillServices = TillServices(keyStore, network, printer, app = "tillkit-fakes 1")

/** A network that appears when the test says so. */
class FakeNetwork : NetworkHints {
    @Volatile
    private var listener: NetworkListener? = null

    override fun listen(listener: NetworkListener) {
        this.listener = listener
    }

    /** The till hears that there is a network. */
    fun appear() {
        listener?.networkAppeared()
    }
}

/** A printer that remembers, and jams while [jam] says why. */
class FakePrinter : Printer {
    /** What was printed, the first page first. */
    val pages: MutableList<String> = CopyOnWriteArrayList()

    @Volatile
    var jam: String? = null

    override fun print(text: String) {
        jam?.let { throw ServiceFailed(it) }
        pages += text
    }
}

/** A log that remembers. */
class FakeLog : LogSink {
    /** `level target: line`, in the order they came. */
    val lines: MutableList<String> = CopyOnWriteArrayList()

    override fun log(
        level: String,
        target: String,
        line: String,
    ) {
        lines += "$level $target: $line"
    }
}
