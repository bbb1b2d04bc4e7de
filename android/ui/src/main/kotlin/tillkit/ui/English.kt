package tillkit.ui

import tillkit.Advice
import tillkit.Blockers
import tillkit.CashMove
import tillkit.ChangeWhat
import tillkit.DeliveryMark
import tillkit.ObjectMark
import tillkit.Reading
import tillkit.RowState
import tillkit.RunStage
import java.util.Locale

/** English, as it is spoken in British shops. */
object English : Strings {
    override val locale: Locale = Locale.UK

    override val menu = "Menu"
    override val close = "Close"
    override val back = "Back"
    override val cancel = "Cancel"
    override val confirm = "Confirm"
    override val delete = "Delete"

    override val sell = "Sell"
    override val history = "History"
    override val synchronise = "Synchronise"
    override val cash = "Cash"
    override val goods = "Goods"
    override val settings = "Settings"
    override val signOut = "Sign out"
    override val locked = "Opens after the first synchronisation"

    override fun signedInAs(user: String) = "Signed in: $user"

    override fun till(till: String) = "Till $till"

    override val syncEverything = "Sync everything"
    override val syncEverythingLong = "Choose what to sync"
    override val syncAll = "All"
    override val syncAllWithoutAttachments = "All without attachments"
    override val syncCancel = "Cancel"
    override val online = "Online"
    override val offline = "Offline"
    override val notAskedYet = "Back office not asked yet"
    override val neverSynced = "Never fully synchronised"
    override val nothingUnsent = "Everything is sent"
    override val notReceived = "Nothing new is received:"
    override val notSent = "Documents are not sent:"
    override val fromCentre = "From the back office to this till"
    override val fromTill = "From this till to the back office"
    override val whatToDo = "What to do:"
    override val dataSafe = "Your data is safe."
    override val dataNotSafe = "Your data may be at risk: do not switch the phone off, call for help."
    override val news = "New settings are ready"
    override val nothingHere = "Nothing here"
    override val pictureMissing = "The picture has not come yet"
    override val pictureUnreadable = "This phone cannot show this picture"
    override val moreObjects = "Show more"
    override val willBeReplaced = "Will be replaced by the next sync"
    override val documentsBar = "Documents sent"
    override val down = "Comes from the back office"
    override val up = "Goes to the back office"
    override val showDetails = "Show the stages"
    override val hideDetails = "Hide the details"
    override val unnamedRun = "Synchronising everything"
    override val firstSyncHint = "Selling opens after the first synchronisation. Tap the red button."

    override fun quickSync(unsent: Long) =
        when (unsent) {
            0L -> "Sync everything now, nothing is unsent"
            1L -> "Sync everything now, 1 document is unsent"
            else -> "Sync everything now, $unsent documents are unsent"
        }

    override fun syncRow(title: String) = "Sync $title"

    override fun openRow(title: String) = "Show what is in $title"

    override fun offlineSince(moment: String) = "Offline since $moment"

    override fun lastFullSync(ago: String) = "Last full sync $ago"

    override fun nextTry(moment: String) = "next try at $moment"

    override fun lastRight(ago: String) = "last right $ago"

    override fun lastSent(ago: String) = "last sent $ago"

    override fun unsent(count: Long) = if (count == 1L) "document not sent" else "documents not sent"

    override fun oldest(age: String) = "oldest $age"

    override fun newsSections(titles: String) = "$titles: confirm to sell by them."

    override fun localEditsGo(count: Long) =
        if (count ==
            1L
        ) {
            "1 change made on this till will be replaced."
        } else {
            "$count changes made on this till will be replaced."
        }

    override fun redRows(titles: String) = "Needs attention: $titles"

    override fun lacking(titles: String) = "Still missing: $titles"

    override fun runningOf(title: String) = "Synchronising $title"

    override fun running(percent: Int) = "Running, $percent %"

    override fun generation(number: String) = "Version $number of its settings"

    override fun section(name: String) =
        when (name) {
            "directories" -> "Directories"
            "items" -> "Items"
            "rates" -> "Exchange rates"
            "customers" -> "Customers"
            "promotions" -> "Promotions"
            "users" -> "Users"
            "numerators" -> "Numerators"
            "centre" -> "Centre"
            "attributes" -> "Additional information"
            "appointments" -> "Appointments"
            "orders" -> "Orders"
            "stock" -> "Stock"
            "attachments" -> "Attachments"
            "sales" -> "Sales"
            "closures" -> "Closures"
            "cash" -> "Cash movements"
            "orders_made" -> "Orders taken here"
            "customers_made" -> "Customers made here"
            "stock_documents" -> "Stock documents"
            "events" -> "Events"
            else -> name
        }

    override fun kind(name: String) =
        when (name) {
            "unit" -> "Units"
            "warehouse" -> "Warehouses"
            "price_type" -> "Price types"
            "vat_rate" -> "VAT rates"
            "tender" -> "Payment forms"
            "vehicle" -> "Vehicles"
            "travel_type" -> "Travel types"
            "currency" -> "Currencies"
            "discount_type" -> "Discount types"
            "global_price" -> "Global prices"
            "item" -> "Item cards"
            "item_unit" -> "Item units"
            "item_code" -> "Item codes"
            "price" -> "Prices"
            "group" -> "Groups"
            "group_link" -> "Items in groups"
            "exchange_rate" -> "Exchange rates"
            "customer" -> "Customers"
            "promotion" -> "Promotions"
            "promotion_item" -> "Items of promotions"
            "user" -> "Users"
            "role" -> "Roles"
            "numerator" -> "Numerators"
            "centre" -> "Centre"
            "location" -> "Locations"
            "receipt_layout" -> "Receipt layouts"
            "device" -> "Devices"
            "policy" -> "Policies"
            "attribute_definition" -> "Definitions"
            "attribute_value" -> "Values"
            "appointment_type" -> "Appointment types"
            "appointment_template" -> "Appointment templates"
            "appointment" -> "Appointments"
            "transfer_order" -> "Transfer orders"
            "sales_order" -> "Sales orders"
            "invoice" -> "Invoices"
            "audit_plan" -> "Audit plans"
            "stock_level" -> "Stock levels"
            "stock_counted" -> "Documents counted in"
            "image" -> "Images"
            "sale" -> "Sale"
            "return" -> "Return"
            "void" -> "Void"
            "closure" -> "Closure"
            "cash_movement" -> "Cash movement"
            "order" -> "Order"
            "customer_made" -> "New customer"
            "goods_receipt" -> "Goods receipt"
            "goods_return" -> "Goods return"
            "transfer" -> "Transfer"
            "count" -> "Stock count"
            "write_off" -> "Write-off"
            "event" -> "Event"
            else -> name
        }

    override fun state(state: RowState) =
        when (state) {
            RowState.NEVER -> "Not here yet"
            RowState.UP_TO_DATE -> "Up to date"
            RowState.BEHIND -> "New version waits"
            RowState.UNSENT -> "Not sent"
            RowState.WAITING -> "Waits for its turn"
            RowState.RUNNING -> "Running"
            RowState.FAILED -> "Failed"
            RowState.BLOCKED -> "Waits for another row"
            RowState.NOT_USED -> "Not used by this version"
        }

    override fun mark(mark: ObjectMark) =
        when (mark) {
            ObjectMark.NEVER -> "Not here yet"
            ObjectMark.VERIFIED -> "Verified"
            ObjectMark.RED -> "Did not come right; the old ones stay"
        }

    override fun stage(stage: RunStage) =
        when (stage) {
            RunStage.CONTACTING -> "Asking the back office"
            RunStage.RECEIVING -> "Receiving"
            RunStage.WAITING_FOR_RECEIPT -> "Ready, waits for this receipt"
            RunStage.APPLYING -> "Putting it to use"
            RunStage.SENDING -> "Sending documents"
        }

    override fun advice(advice: Advice) =
        when (advice) {
            Advice.WAIT -> "Nothing, it is tried again by itself."
            Advice.CHECK_NETWORK -> "See whether the phone has a network."
            Advice.SIGN_IN_TO_NETWORK -> "Open a web page and sign in to the network."
            Advice.SET_CLOCK -> "Set the phone's date and time to automatic."
            Advice.UPDATE -> "Update the app, or ask for the back office to be updated."
            Advice.PAIR_AGAIN -> "Ask the back office for a pairing code and enrol under Settings."
            Advice.CHOOSE_CENTRE -> "Choose a centre under Settings."
            Advice.TAP_ROW -> "Tap the row's icon to try again."
            Advice.FREE_SPACE -> "Make room on the phone."
            Advice.ASK_BACK_OFFICE -> "Ask the back office to look at it."
        }

    override fun trouble(code: String): String? =
        when (code) {
            "no-route" -> "The back office cannot be reached."
            "no-address" -> "There is nothing under this address."
            "receipt-forged" -> "The receipt is not from this till's back office."
            "receipt-other-documents" -> "The receipt is about other documents."
            "part-refused" -> "A customer's data were not taken."
            "captive-portal" -> "A sign-in page of the network is in the way."
            "untrusted" -> "The back office's certificate is not trusted."
            "server-down" -> "The back office cannot work now."
            "not-authorised", "unauthorised" -> "The back office does not accept this till."
            "revoked" -> "This till has been withdrawn: it can only send."
            "clock-wrong", "clock" -> "The phone's clock is too far off."
            "version" -> "App and back office have different versions."
            "not-understood" -> "The back office's answer is not understood."
            "manifest-disbelieved" -> "What the back office sent is not signed as it should be."
            "blob-bad" -> "A part arrived damaged."
            "mismatch" -> "What came is not what the back office published."
            "waits-for" -> "Waits for a row that it needs."
            "superseded" -> "The back office knows a later state of this till."
            "nothing-published" -> "The centre has published nothing yet."
            "no-subscription" -> "This till has not chosen its centre."
            "cancelled" -> "Cancelled."
            "disk-full" -> "The phone's storage is full."
            "store" -> "The phone's storage refused."
            "folder" -> "The app's folder cannot be used."
            "suspended" -> "The till is asleep."
            "newer-file" -> "The till's files come from a newer version of the app."
            "foreign-file" -> "A file of the till belongs to another app."
            "damaged-file" -> "A file of the till is damaged."
            "not-enrolled" -> "This phone is no till yet."
            "copied" -> "This till was copied or restored and must be enrolled again."
            "key-store" -> "The phone's key store refused."
            "wrong-office" -> "Another back office answers than the one in the QR."
            "no-centre" -> "No centre has been chosen."
            "other-centre" -> "Another centre has been chosen: sign in again."
            "other-business" -> "This back office is another business's; documents for the one before are unsent."
            "not-synced" -> "The first synchronisation is not complete."
            "bad-setting" -> "A setting from the back office cannot be used."
            "wrong-pin" -> "User and PIN do not fit."
            "locked-out" -> "Too many wrong PINs: wait a little."
            "no-right" -> "You do not have the right to do this."
            "unknown" -> "There is no such thing here."
            "several-items" -> "Several items have this code."
            "shared-codes" -> "One code stands on two items. Ask the shop's office."
            "no-credit" -> "This customer has no account. Choose another way to pay."
            "too-long" -> "This document is too long. Complete it and begin another one."
            "two-readings" -> "This can be two numbers."
            "bad-input" -> "This cannot be used as it was typed."
            "not-in-plan" -> "The audit plan does not have this item."
            "not-for-sale" -> "This item is not for sale."
            "no-rate" -> "Today's exchange rate of this currency is missing."
            "no-sale" -> "No sale is open."
            "sale-open" -> "A sale is open: finish it, hold it or cancel it first."
            "not-yet" -> "Send the documents, finish held sales and close the day first."
            "not-reversible" -> "This document cannot be voided or returned."
            "sale" -> "It cannot be recorded like this: check lines and amounts."
            "money" -> "The amount is not right."
            "printer" -> "The printer does not print."
            "receipt-unreadable" -> "This file is no receipt of a back office."
            "export" -> "The file could not be written."
            "too-many-rows" -> "The back office has more rows than a till takes."
            "bad-proof" -> "The back office does not believe this phone's key."
            "not-found" -> "The back office has no such thing for this till."
            "too-large" -> "This is more than the back office takes at once."
            "malformed" -> "The back office did not understand this till."
            "code-unknown" -> "There is no such pairing code."
            "code-used" -> "This pairing code was used by another phone."
            "code-expired" -> "This pairing code has expired."
            "too-many" -> "Too many tries: wait a little."
            "busy" -> "The back office is busy."
            "internal" -> "The back office failed."
            else -> null
        }

    override val findObject = "Name or key"
    override val notUsedHint = "This version of the app has no use for these rows. They are kept."
    override val nothingChanged = "Nothing has changed yet"
    override val nothingChangedHint =
        "New items, prices, VAT and what is gone stand here after the next synchronisation that brings some."
    override val copyRuns = "Copy for support"
    override val runsCopied = "Copied. It has no names, amounts or keys in it."
    override val yes = "yes"
    override val no = "no"

    override fun tab(tab: SyncTab) =
        when (tab) {
            SyncTab.NOW -> "Now"
            SyncTab.RECEIVED -> "Received"
            SyncTab.SENT -> "Sent"
            SyncTab.RUNS -> "Journal"
        }

    override fun waitsFor(title: String) = "Waits for $title"

    override fun confirmed(
        through: String,
        head: String?,
    ) = if (head == null) "The centre confirms 1–$through" else "The centre confirms 1–$through of $head"

    override fun changed(ago: String) = "Changed $ago"

    override fun change(what: ChangeWhat) =
        when (what) {
            ChangeWhat.PRICE -> "Price"
            ChangeWhat.EDIT -> "Changed here, replaced"
            ChangeWhat.VAT -> "VAT"
            ChangeWhat.NEW -> "New"
            ChangeWhat.BACK -> "For sale again"
            ChangeWhat.GONE -> "No longer for sale"
            ChangeWhat.ADDED -> "Added"
            ChangeWhat.CHANGED -> "Changed"
            ChangeWhat.REMOVED -> "Removed"
        }

    override fun changeCount(
        what: ChangeWhat,
        count: Long,
        title: String,
    ) = when (what) {
        ChangeWhat.PRICE -> if (count == 1L) "1 price" else "$count prices"
        ChangeWhat.EDIT -> "$count changed here and replaced"
        ChangeWhat.VAT -> "$count with other VAT"
        ChangeWhat.NEW -> if (count == 1L) "1 new item" else "$count new items"
        ChangeWhat.BACK -> "$count for sale again"
        ChangeWhat.GONE -> "$count no longer for sale"
        ChangeWhat.ADDED -> "$title: $count added"
        ChangeWhat.CHANGED -> "$title: $count changed"
        ChangeWhat.REMOVED -> "$title: $count removed"
    }

    override fun from(moment: String) = "from $moment"

    override fun fact(name: String) =
        when (name) {
            "active" -> "Active"
            "address" -> "Address"
            "address.city" -> "Town"
            "address.country" -> "Country"
            "address.post_code" -> "Post code"
            "address.street" -> "Street"
            "bytes" -> "Bytes"
            "category" -> "Category"
            "code" -> "Code"
            "codes" -> "Codes"
            "credit" -> "On account"
            "currency" -> "Currency"
            "customer" -> "Customer"
            "decimals" -> "Decimals"
            "email" -> "E-mail"
            "enrolment" -> "Enrolment"
            "footer" -> "Foot"
            "from_day", "from_ms" -> "From"
            "group" -> "Group"
            "header" -> "Head"
            "item" -> "Item"
            "items" -> "Items"
            "kind" -> "Kind"
            "media_type" -> "Type"
            "name" -> "Name"
            "number" -> "Number"
            "percent" -> "Percent"
            "phone" -> "Phone"
            "price" -> "Price"
            "price_type" -> "Price type"
            "quantity" -> "Quantity"
            "rate" -> "Rate"
            "role" -> "Role"
            "source" -> "Source"
            "till" -> "Till"
            "unit" -> "Unit"
            "until_ms" -> "Until"
            "user" -> "User"
            "vat" -> "VAT"
            "vat_id" -> "VAT number"
            "warehouse" -> "Warehouse"
            else -> name
        }

    override fun trigger(trigger: String) =
        when (trigger) {
            "row" -> "a row's icon"
            "red_button" -> "the red button"
            "confirmed" -> "confirmed"
            "centre_chosen" -> "centre chosen"
            "opening" -> "opening the day"
            "closing" -> "closing the day"
            "reconnect" -> "tried again"
            "schedule" -> "by the clock"
            "poke" -> "news from the centre"
            else -> trigger
        }

    override fun runResult(result: String) =
        when (result) {
            "done" -> "Complete"
            "nothing_new" -> "Complete, nothing was new"
            "waiting" -> "Something new waits to be confirmed"
            "cancelled" -> "Cancelled"
            else -> result
        }

    override fun received(
        rows: String,
        size: String,
    ) = "$rows rows received, $size"

    override fun sentDocuments(count: Long) = if (count == 1L) "1 document sent" else "$count documents sent"

    override fun runEnded(
        result: String,
        received: String,
        sent: Long,
    ) = when (result) {
        "done" -> "Synchronised: $received rows received, $sent documents sent."
        "nothing_new" -> "Synchronised: nothing new."
        "waiting" -> "Synchronised: something new waits to be confirmed."
        "cancelled" -> "Cancelled: the next sync goes on from here."
        else -> "Not everything was synchronised. ${trouble(result).orEmpty()} $dataSafe"
    }

    override val whoSells = "Who is selling?"
    override val signIn = "Sign in"
    override val otherUser = "Somebody else"
    override val noUsers = "No users yet"
    override val noUsersHint = "Users come with the first synchronisation."

    override fun pinOf(user: String) = "PIN of $user"

    override fun digitsEntered(count: Int) = if (count == 1) "1 digit entered" else "$count digits entered"

    override val search = "Item or code"
    override val searchHint = "Name, or a code and Enter"
    override val clear = "Clear"
    override val scan = "Scan"
    override val emptyCart = "New sale"
    override val emptyCartHint = "Scan a code, or type a name below."
    override val total = "Total"
    override val pay = "Payment"
    override val toPay = "To pay"
    override val change = "Change"
    override val exact = "Exact amount"
    override val otherAmount = "Other amount"
    override val complete = "Complete"
    override val newSale = "New sale"
    override val print = "Print"
    override val hold = "Hold this sale"
    override val heldSales = "Held sales"
    override val interruptedSale = "Interrupted sale, already paid in part"
    override val interruptedSales = "The app ended during a sale that was paid in part. It is among the held sales."

    override fun ratesChanged(lines: String) = "The VAT rate has changed since: $lines. The price stays."

    override fun currencyChanged(
        currency: String,
        rate: String,
    ) = "This sale was in $currency. Its prices were divided by $rate."

    override val holdLabel = "What to call it"
    override val discount = "Take off"
    override val discountReceipt = "Discount on the receipt"
    override val noDiscount = "No discount"
    override val percent = "Percent"
    override val amount = "Amount"
    override val otherPrice = "Sell at another price"
    override val otherPriceHint = "What one costs on this receipt, and why. A discount on the line goes."
    override val cancelSale = "Cancel this sale"
    override val customer = "Customer"
    override val noCustomer = "No customer"
    override val offlineSale = "Offline: selling goes on, receipts are sent later."
    override val more = "More"
    override val noHits = "Nothing found"
    override val editedHere = "Price changed on this till"

    override fun payAmount(amount: String) = "Pay $amount"

    override fun payBy(tender: String) = "Paid by $tender"

    override fun amountOf(currency: String) = "Amount in $currency"

    override fun inStock(
        quantity: String,
        unit: String,
    ) = "$quantity $unit in stock"

    override fun stockAsOf(ago: String) = "as of $ago"

    override fun add(item: String) = "Add $item"

    override fun oneMore(item: String) = "One more $item"

    override fun oneLess(item: String) = "One less $item"

    override fun removeLine(item: String) = "Remove $item"

    override fun discountOf(item: String) = "Discount on $item"

    override fun takenOff(amount: String) = "$amount off"

    override fun removePayment(tender: String) = "Take back payment by $tender"

    override fun lines(count: Int) = if (count == 1) "1 line" else "$count lines"

    override fun heldBy(
        user: String,
        moment: String,
    ) = "$user, $moment"

    override val allKinds = "All"
    override val allStates = "Every state"
    override val allDays = "All days"
    override val noDocuments = "Nothing recorded on this phone yet"
    override val finding = "The back office objects"
    override val void = "Void"
    override val voidIsFinal = "A void is a document of its own, and cannot be taken back."

    override val voided = "Voided"
    override val returnHint = "What was paid for them goes back, and the goods are in stock again."
    override val allBack = "Everything comes back"

    override fun sold(
        quantity: String,
        left: String,
    ) = if (quantity == left) "$quantity sold" else "$quantity sold, $left left"

    override fun voidOf(number: String) = "Void $number"

    override fun voidSaleHint(amount: String) = "$amount goes back the way it was paid, and the goods are in stock again."

    override fun voidReturnHint(amount: String) = "$amount comes in again the way it was paid out, and the goods are out of stock again."

    override fun isVoided(
        number: String,
        void: String,
    ) = "$number is voided by $void."

    override fun delivery(mark: DeliveryMark) =
        when (mark) {
            DeliveryMark.LOCAL -> "On this phone"
            DeliveryMark.UPLOADED -> "Uploaded"
            DeliveryMark.PROCESSED -> "Processed"
            DeliveryMark.SETTLED -> "Settled"
        }

    override fun deliveryLong(mark: DeliveryMark) =
        when (mark) {
            DeliveryMark.LOCAL -> "Only on this phone, not sent yet"
            DeliveryMark.UPLOADED -> "Uploaded, safe at the back office"
            DeliveryMark.PROCESSED -> "Processed by the back office"
            DeliveryMark.SETTLED -> "Settled with its closure"
        }

    override val cashMovements = "Cash movements"
    override val notYourRight = "What is grey here needs a right that your role lacks."
    override val dayBegins = "Beginning of the day"
    override val openDay = "Open the day"
    override val openDayHint = "Records the float of each drawer and fetches what is new. Works offline too."
    override val floatHint = "Type the change that each drawer begins with. What you leave empty is not recorded."
    override val dayOpened = "The day is open."
    override val closure = "End of the day"
    override val interim = "X report"
    override val interimHint = "Totals so far; changes nothing"
    override val closeDay = "Close the day (Z)"
    override val closeDayHint = "Sends what there is, then closes. Works offline too: what is left is sent later."
    override val closeDayQuestion = "After this the day is closed and cannot be reopened."
    override val closingDay = "Sending what there is, some seconds at most; then the day is closed."
    override val countedHint = "Count the drawer and type what is there. What you leave empty is not counted."
    override val countPieces = "Count coins and notes"
    override val typeOneAmount = "Type one amount"
    override val wholeNumbersOnly = "Type whole numbers only, for example 12."
    override val difference = "Difference"
    override val turnover = "Turnover"
    override val reason = "Reason"
    override val record = "Record"
    override val recorded = "Recorded."
    override val syncNow = "Synchronise now"

    override fun move(move: CashMove) =
        when (move) {
            CashMove.FLOAT_IN -> "Float in"
            CashMove.PAY_IN -> "Pay in"
            CashMove.PAY_OUT -> "Pay out"
            CashMove.SAFE_DROP -> "Drop into the safe"
            CashMove.BANK_DROP -> "Take to the bank"
        }

    override fun moveHint(move: CashMove) =
        when (move) {
            CashMove.FLOAT_IN -> "The change a day begins with"
            CashMove.PAY_IN -> "Money put into the drawer"
            CashMove.PAY_OUT -> "Money taken for an expense"
            CashMove.SAFE_DROP -> "From the drawer into the safe"
            CashMove.BANK_DROP -> "From the drawer to the bank"
        }

    override fun howManyOf(face: String) = "How many of $face"

    override fun closed(z: String) = "Day closed, Z $z"

    override fun interimOf(z: String) = "X report towards Z $z"

    override fun salesAndReturns(
        sales: String,
        returns: String,
    ) = "Sales: $sales · Returns: $returns"

    override fun dayOpenSince(moment: String) = "Open since $moment"

    override fun leftToSend(count: Long) =
        when (count) {
            0L -> "Every document is sent, this closure too"
            1L -> "1 document is still to be sent"
            else -> "$count documents are still to be sent"
        }

    override val stockDocuments = "Stock documents"
    override val forLater = "For a customer"
    override val takeOrder = "Take an order"
    override val takeBack = "Take goods back"
    override val refundBy = "The money goes back by"
    override val addRefundPart = "Give part back by another tender"
    override val removeRefundPart = "Remove this part"
    override val refundPartBy = "This part goes back by"
    override val refundPartNeeded = "Choose a tender and type an amount for each part, or remove the part."
    override val giveUp = "Give up"
    override val goodsBegun = "A document about goods is begun: record it or give it up first."
    override val noLines = "No lines yet"
    override val quantity = "Quantity"
    override val whichItem = "Which item?"

    override fun twoReadings(
        text: String,
        grouped: Reading,
        decimal: Reading,
    ) = "$text can be ${grouped.shown} or ${decimal.shown}. Type ${grouped.typed} or ${decimal.typed}."

    override val details = "Details"
    override val toWarehouse = "To the warehouse"
    override val ownWarehouse = "The shop's own"
    override val auditPlan = "By the audit plan"
    override val noPlan = "No plan"
    override val reference = "Number of the paper"
    override val refundNeeded = "It is not said how the money goes back."
    override val customerNeeded = "On account, the money goes back to a customer."
    override val warehouseNeeded = "A transfer needs the warehouse it goes to."
    override val wantedDay = "Wanted on"
    override val otherDay = "Day, as 2026-12-24"
    override val note = "Note"
    override val findCustomer = "Name, phone or VAT number"
    override val newCustomer = "New customer"
    override val newCustomerHint = "Can be sold to at once, and goes to the back office"
    override val customerName = "Name"
    override val makeCustomer = "Write down"
    override val madeHere = "Made on this till"

    override fun goodsHint(kind: GoodsKind) =
        when (kind) {
            GoodsKind.GOODS_RECEIPT -> "Goods that came from a supplier"
            GoodsKind.GOODS_RETURN -> "Goods that go back to a supplier"
            GoodsKind.TRANSFER -> "Goods that go to another warehouse"
            GoodsKind.COUNT -> "What is really there"
            GoodsKind.WRITE_OFF -> "Broken or lost"
            GoodsKind.RETURN -> "Without their sale, at today's prices"
            GoodsKind.ORDER -> "At today's prices, to be delivered later"
        }

    override fun reasonNeeded(kind: GoodsKind) =
        if (kind == GoodsKind.RETURN) "Goods without their sale come back for a reason." else "A write-off needs its reason."

    override fun goesBack(
        amount: String,
        tender: String,
    ) = "$amount goes back: $tender"

    override fun refundRestBy(tender: String) = "The rest goes back by: $tender"

    override fun giveUpHint(
        title: String,
        lines: Int,
    ) = "$title, ${lines(lines)}: nothing of it is recorded, and nothing of it is kept."

    override fun detailsHint(kind: GoodsKind) =
        when (kind) {
            GoodsKind.RETURN -> "How the money goes back, reason"
            GoodsKind.ORDER -> "Customer, day, note"
            GoodsKind.TRANSFER -> "Where to, reason, paper"
            GoodsKind.COUNT -> "Plan, reason, paper"
            else -> "Reason, paper"
        }

    override fun inWarehouse(kind: GoodsKind) =
        when (kind) {
            GoodsKind.GOODS_RECEIPT -> "Into the warehouse"
            GoodsKind.GOODS_RETURN, GoodsKind.TRANSFER -> "From the warehouse"
            else -> "In the warehouse"
        }

    override fun goodsRecorded(
        kind: String,
        number: String,
    ) = "$kind $number is recorded"

    override fun customerMade(name: String) = "$name is written down."

    override val thisTill = "This till"
    override val series = "Series"
    override val server = "Back office"
    override val centre = "Centre"
    override val version = "App"
    override val notEnrolled = "This phone is no till yet"
    override val noCentre = "No centre chosen yet"
    override val copied = "Copied or restored: enrol again. Everything in it is kept."
    override val connection = "Connection"
    override val testConnection = "Test the connection"
    override val address = "Address of the back office"
    override val connectionGood = "The connection works"
    override val enrolment = "Enrolment"
    override val enrolHint = "The back office shows a pairing code and a QR under Tills."
    override val pairingCode = "Pairing code"
    override val qrText = "Text of the QR"
    override val enrol = "Enrol this phone"
    override val enrolAgain = "Enrol again"
    override val signInToEnrol = "Sign in first, as somebody who may enrol this phone."
    override val notAllowedToEnrol = "Enrolling again needs a right that your role lacks."
    override val chooseCentre = "Choose a centre"
    override val showCentres = "Choose another centre"
    override val useCentre = "Use this centre"
    override val noCentres = "The back office has no centre for this till."
    override val thisCentre = "This till's centre"
    override val changeCentreHint = "Everything below is downloaded and replaces what is here."
    override val otherCentreHint = "You will be signed out: another centre has users of its own."
    override val signInToChangeCentre = "Sign in first, as somebody who may choose another centre."
    override val notAllowedToChangeCentre = "Choosing a centre needs a right that your role lacks."
    override val byFile = "Back office by file"
    override val byFileHint = "Where no network leads: take the file to the back office, and bring its receipt back."
    override val exportUnsent = "Export unsent documents"
    override val exportUnsettled = "Export all that is not settled"
    override val exportUnsettledHint = "Only for a back office that has lost what it was sent."
    override val exportIsPart = "Not everything fitted in. Export again once the receipt of this file is taken in."
    override val takeReceipt = "Take in a receipt"
    override val refusedByFile = "The back office did not take:"
    override val signInToExport = "Sign in first, as somebody who may export."
    override val notAllowedToExport = "Exporting needs a right that your role lacks."
    override val localEdits = "Changed on this till"
    override val noLocalEdits = "Nothing"
    override val editPrice = "Change a price"
    override val newPrice = "New price"
    override val editFooter = "Change the foot of receipts"
    override val footerLines = "Foot of receipts"
    override val footerHint = "As many lines as you like, each as it is to be printed."
    override val save = "Save"
    override val signInFirst = "To change a price, sign in with the right to do so."
    override val rowsThere = "There"
    override val rowsHere = "Here"

    override fun enrolled(
        till: String,
        series: String,
    ) = "This phone is till $till now, series $series."

    override fun exported(
        name: String,
        documents: Long,
    ) = if (documents == 1L) "$name is saved: 1 document" else "$name is saved: $documents documents"

    override fun acknowledged(
        count: Long,
        held: Long,
    ) = "The back office has $held documents of this file; $count of them were unsent until now"

    override fun enrolmentNumber(number: String) = "No. $number"

    override fun download(size: String) = "$size to download"

    override fun editsLost(count: Int) =
        if (count == 1) "1 change made on this till will be lost" else "$count changes made on this till will be lost"

    override fun blocked(by: Blockers) =
        listOfNotNull(
            (if (by.unsent == 1uL) "1 document to send" else "${by.unsent} documents to send").takeIf { by.unsent > 0u },
            (if (by.held == 1uL) "1 held sale to finish" else "${by.held} held sales to finish").takeIf { by.held > 0u },
            "a receipt is open".takeIf { by.isReceiptOpen },
            "the day to close".takeIf { by.unclosed > 0u },
        ).joinToString(", ", "First: ")

    override fun editedBy(
        user: String,
        moment: String,
    ) = "$user, $moment"

    override fun step(step: String) =
        when (step) {
            "resolve" -> "Address"
            "connect" -> "Connection"
            "tls" -> "Encryption"
            "office" -> "Back office"
            "version" -> "Versions"
            "clock" -> "Clocks"
            "credential" -> "This till"
            "centre" -> "Centre"
            else -> step
        }

    override val shortDayPattern = "EEE d MMM"
    override val justNow = "just now"

    override fun minutesAgo(minutes: Long) = "$minutes min ago"

    override fun hoursAgo(hours: Long) = "$hours h ago"

    override fun daysAgo(days: Long) = if (days == 1L) "1 day ago" else "$days days ago"

    override fun minutes(minutes: Long) = "$minutes min"

    override fun hours(hours: Long) = "$hours h"

    override fun days(days: Long) = if (days == 1L) "1 day" else "$days days"
}
