package tillkit

import java.io.IOException
import java.net.InetAddress
import java.net.ServerSocket
import java.net.Socket
import java.net.URI
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicLong
import kotlin.concurrent.thread

/**
 * A line to [server] on a port of its own that stands still after [bytes] have come down, until it is
 * freed: a sync over it has a middle, however fast the machine is.
 */
class SlowLine(
    server: String,
    private val bytes: Long,
) : AutoCloseable {
    private val port = URI(server).port
    private val listener = ServerSocket(0, 50, InetAddress.getLoopbackAddress())
    private val down = AtomicLong()
    private val free = CountDownLatch(1)

    /** Where to reach the server over this line. */
    val url = "http://127.0.0.1:${listener.localPort}"

    init {
        thread(isDaemon = true) {
            untilClosed {
                while (true) {
                    val near = listener.accept()
                    val far = Socket(InetAddress.getLoopbackAddress(), port)
                    thread(isDaemon = true) { relay(near, far) {} }
                    thread(isDaemon = true) { relay(far, near) { if (down.addAndGet(it) > bytes) free.await() } }
                }
            }
        }
    }

    /** What stands still goes on. */
    fun free() = free.countDown()

    override fun close() {
        free()
        listener.close()
    }

    private fun relay(
        from: Socket,
        to: Socket,
        passing: (Long) -> Unit,
    ) = untilClosed {
        val buffer = ByteArray(16 * 1024)
        to.use {
            while (true) {
                val count = from.getInputStream().read(buffer)
                if (count < 0) break
                passing(count.toLong())
                to.getOutputStream().write(buffer, 0, count)
            }
        }
    }

    private fun untilClosed(work: () -> Unit) {
        try {
            work()
        } catch (_: IOException) {
            // Either end hung up.
        }
    }
}
