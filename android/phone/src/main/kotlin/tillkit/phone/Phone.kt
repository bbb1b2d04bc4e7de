package tillkit.phone

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.withContext
import tillkit.NetworkHints
import tillkit.NetworkListener
import tillkit.Printer
import tillkit.Standing
import tillkit.TillKit
import tillkit.TillServices
import tillkit.fileKeyStore
import tillkit.ui.AppModel
import tillkit.ui.Files
import java.io.File

/** A till in a folder, with what a desktop has in place of a phone's services. */
class Phone private constructor(
    private val till: TillKit,
    private val network: Hints,
    files: File,
) : AutoCloseable {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)

    val model = AppModel(till, scope, DEVICE, files = Drawer(files))

    /** The till hears that a network has appeared. */
    fun networkAppeared() = network.appeared()

    override fun close() {
        scope.cancel()
        till.close()
    }

    companion object {
        private const val DEVICE = "Phone on a desktop"

        /** Opens the till; enrols it if a code is given and the folder is new. */
        suspend fun open(options: Options): Phone {
            options.folder.mkdirs()
            val network = Hints()
            val services =
                TillServices(
                    keyStore = fileKeyStore(File(options.folder, "key").path),
                    network = network,
                    printer = Paper,
                    app = "TillKit on a desktop 0.1.0",
                )
            val till = TillKit.open(options.folder.path, services)
            val (url, code) = options.url to options.code
            if (url != null && code != null && till.settings().standing == Standing.NEW) till.enrol(url, code, DEVICE)
            return Phone(till, network, options.files)
        }
    }
}

private class Hints : NetworkHints {
    @Volatile
    private var listener: NetworkListener? = null

    override fun listen(listener: NetworkListener) {
        this.listener = listener
    }

    fun appeared() {
        listener?.networkAppeared()
    }
}

/** Files go into the folder `out`; the newest of the folder `in` is the one that is picked. */
private class Drawer(
    private val folder: File,
) : Files {
    override suspend fun save(
        name: String,
        bytes: ByteArray,
    ): Boolean =
        withContext(Dispatchers.IO) {
            val out = File(folder, "out").apply { mkdirs() }
            File(out, name).writeBytes(bytes)
            true
        }

    override suspend fun pick(): ByteArray? =
        withContext(Dispatchers.IO) {
            val found = File(folder, "in").listFiles { file: File -> file.isFile }
            found?.maxByOrNull { it.lastModified() }?.readBytes()
        }
}

/** Receipts go to standard output. */
private object Paper : Printer {
    override fun print(text: String) = println(text)
}
