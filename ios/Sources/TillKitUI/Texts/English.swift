import TillKit

/// English.
public struct English: Strings {
  public init() {}

  public let localeIdentifier = "en_GB"

  public func title(of section: SectionName) -> String {
    switch section {
    case .directories: "Directories"
    case .items: "Items and prices"
    case .rates: "Exchange rates"
    case .customers: "Customers"
    case .promotions: "Promotions"
    case .users: "Users"
    case .numerators: "Numbering"
    case .centre: "Centre and receipt"
    case .attributes: "Attributes"
    case .appointments: "Appointments"
    case .orders: "Orders"
    case .stock: "Stock"
    case .attachments: "Images"
    case .sales: "Sales"
    case .closures: "Closures"
    case .cash: "Cash movements"
    case .ordersMade: "Orders taken here"
    case .customersMade: "Customers made here"
    case .stockDocuments: "Stock documents"
    case .events: "Events"
    }
  }

  public func title(of kind: KindName) -> String {
    switch kind {
    case .unit: "Units"
    case .warehouse: "Warehouses"
    case .vehicle: "Vehicles"
    case .currency: "Currencies"
    case .tender: "Ways to pay"
    case .priceType: "Price types"
    case .vatRate: "VAT rates"
    case .travelType: "Travel types"
    case .discountType: "Discount types"
    case .globalPrice: "Global prices"
    case .item: "Items"
    case .price: "Prices"
    case .group: "Groups"
    case .itemUnit: "Item units"
    case .itemCode: "Item codes"
    case .groupLink: "Items in groups"
    case .exchangeRate: "Exchange rates"
    case .customer: "Customers"
    case .promotion: "Promotions"
    case .promotionItem: "Promoted items"
    case .user: "Users"
    case .role: "Roles"
    case .numerator: "Number patterns"
    case .centre: "Centre"
    case .location: "Locations"
    case .device: "Devices"
    case .policy: "Policies"
    case .receiptLayout: "Receipt layouts"
    case .attributeDefinition: "Attribute definitions"
    case .attributeValue: "Attribute values"
    case .appointmentType: "Appointment types"
    case .appointmentTemplate: "Appointment templates"
    case .appointment: "Appointments"
    case .transferOrder: "Transfer orders"
    case .salesOrder: "Sales orders"
    case .invoice: "Invoices"
    case .auditPlan: "Audit plans"
    case .stockLevel: "Stock levels"
    case .stockCounted: "Counted documents"
    case .image: "Images"
    case .sale: "Sale"
    case .saleReturn: "Return"
    case .void: "Void"
    case .closure: "Closure"
    case .cashMovement: "Cash movement"
    case .order: "Order"
    case .customerMade: "New customer"
    case .goodsReceipt: "Goods receipt"
    case .goodsReturn: "Goods return"
    case .transfer: "Transfer"
    case .count: "Stock count"
    case .writeOff: "Write-off"
    case .event: "Event"
    }
  }

  public func title(of step: StepName) -> String {
    switch step {
    case .resolve: "Address"
    case .connect: "Connection"
    case .tls: "Encryption"
    case .office: "Back office"
    case .version: "Version"
    case .clock: "Clock"
    case .credential: "This till"
    case .centre: "Centre"
    }
  }

  public func title(of fact: FactName) -> String {
    switch fact {
    case .active: "Active"
    case .address: "Address"
    case .addressCity: "Town"
    case .addressCountry: "Country"
    case .addressPostCode: "Post code"
    case .addressStreet: "Street"
    case .bytes: "Bytes"
    case .category: "Category"
    case .code: "Code"
    case .codes: "Codes"
    case .credit: "On account"
    case .currency: "Currency"
    case .customer: "Customer"
    case .decimals: "Decimals"
    case .email: "E-mail"
    case .enrolment: "Enrolment"
    case .footer: "Foot"
    case .fromDay: "From"
    case .fromMs: "From"
    case .group: "Group"
    case .header: "Head"
    case .item: "Item"
    case .items: "Items"
    case .kind: "Kind"
    case .mediaType: "Type"
    case .name: "Name"
    case .number: "Number"
    case .percent: "Percent"
    case .phone: "Phone"
    case .price: "Price"
    case .priceType: "Price type"
    case .quantity: "Quantity"
    case .rate: "Rate"
    case .role: "Role"
    case .source: "Source"
    case .till: "Till"
    case .unit: "Unit"
    case .untilMs: "Until"
    case .user: "User"
    case .vat: "VAT"
    case .vatId: "VAT number"
    case .warehouse: "Warehouse"
    }
  }

  public func title(of trigger: TriggerName) -> String {
    switch trigger {
    case .row: "a row's icon"
    case .redButton: "the red button"
    case .confirmed: "confirmed"
    case .centreChosen: "centre chosen"
    case .opening: "opening the day"
    case .closing: "closing the day"
    case .reconnect: "tried again"
    case .schedule: "by the clock"
    case .poke: "news from the centre"
    }
  }

  public func title(of result: ResultName) -> String {
    switch result {
    case .done: "Complete"
    case .nothingNew: "Complete, nothing was new"
    case .waiting: "Something new waits to be confirmed"
    case .cancelled: "Cancelled"
    }
  }

  public func sentence(for trouble: TroubleName) -> String {
    switch trouble {
    case .noRoute: "The back office cannot be reached."
    case .noAddress: "There is nothing under this address."
    case .receiptForged: "The receipt is not from this till's back office."
    case .receiptUnreadable: "The file is no receipt of a back office."
    case .receiptOtherDocuments: "The receipt is about other documents."
    case .partRefused: "A customer's data were not taken."
    case .export: "The file could not be written."
    case .captivePortal: "The network asks you to sign in first."
    case .untrusted: "The back office's certificate is not trusted."
    case .serverDown: "The back office cannot answer now."
    case .notAuthorised, .unauthorised: "The back office does not accept this till."
    case .clockWrong, .clock: "The clock of this phone is wrong."
    case .version: "App and back office have different versions."
    case .revoked: "This till was revoked: it can only send."
    case .superseded: "This till was enrolled on another phone."
    case .busy: "The back office is busy."
    case .tooMany: "Too many attempts."
    case .codeUnknown: "There is no such pairing code."
    case .codeUsed: "The pairing code was used by another phone."
    case .codeExpired: "The pairing code has expired."
    case .badProof: "The back office does not believe this phone's key."
    case .wrongOffice: "Another back office answered than the one in the QR."
    case .nothingPublished: "The centre has published nothing yet."
    case .noSubscription: "This till has not chosen its centre."
    case .mismatch: "It did not arrive whole; what was here is still here."
    case .blobBad: "A part arrived damaged; what was here is still here."
    case .tooManyRows: "The centre has more rows than a till can hold; what was here is still here."
    case .waitsFor: "Waits for another row."
    case .manifestDisbelieved: "The centre's signature is not right."
    case .documentRefused: "The back office did not take a document."
    case .notUnderstood: "The back office's answer was not understood."
    case .malformed: "The back office did not understand this phone."
    case .notFound: "The back office has nothing there for this till."
    case .tooLarge: "It is larger than the back office takes."
    case .internal: "Something failed that should not."
    case .cancelled: "Cancelled."
    case .diskFull: "The phone is full."
    case .folder: "The folder for downloads cannot be used."
    case .newerFile: "A newer version of the app has written these files."
    case .foreignFile: "This is another program's file."
    case .damagedFile: "A file is damaged."
    case .store: "The phone's storage refused."
    case .suspended: "The app is asleep."
    case .keyStore: "The phone's key store refused."
    case .copied: "This till is a copy; its key is missing."
    case .notEnrolled: "This phone is no till yet."
    case .otherCentre: "Another centre has been chosen: sign in again."
    case .otherBusiness: "This back office is another business's."
    case .noCentre: "No centre has been chosen."
    case .notSynced: "The first sync is not complete."
    case .badSetting: "A setting of the centre cannot be used."
    case .wrongPin: "User and PIN do not fit."
    case .lockedOut: "Too many wrong PINs."
    case .noRight: "You may not do that."
    case .unknown: "Not found."
    case .severalItems: "Several items have this code."
    case .sharedCodes: "One code stands on two items. Ask the shop's office."
    case .noCredit: "This customer has no account. Choose another way to pay."
    case .tooLong: "This document is too long. Complete it and begin another one."
    case .badInput: "That cannot be."
    case .notInPlan: "The audit plan does not count this item."
    case .notForSale: "This item is not for sale."
    case .noRate: "There is no exchange rate for today."
    case .noSale: "No sale is open."
    case .saleOpen: "Finish, hold or cancel the open sale first."
    case .notYet: "Send the documents, finish held sales and close the day first."
    case .notReversible: "This document cannot be reversed."
    case .sale: "That does not go."
    case .money: "That is no amount."
    case .printer: "The printer refused."
    }
  }

  public func sentence(for advice: Advice) -> String {
    switch advice {
    case .wait: "It is tried again by itself."
    case .checkNetwork: "See whether the phone has a network."
    case .signInToNetwork: "Open a web page and sign in to the network."
    case .setClock: "Set date and time to automatic."
    case .update: "Update the app, or have the back office updated."
    case .pairAgain: "Ask the back office for a new pairing code."
    case .chooseCentre: "Choose a centre under Settings."
    case .tapRow: "Tap the row's icon again."
    case .freeSpace: "Make room on the phone."
    case .askBackOffice: "Ask the back office to look at it."
    }
  }

  public func word(for state: RowState) -> String {
    switch state {
    case .never: "Never synced"
    case .upToDate: "Up to date"
    case .behind: "New at the centre"
    case .unsent: "Unsent"
    case .waiting: "Waiting"
    case .running: "Running"
    case .failed: "Failed"
    case .blocked: "Blocked"
    case .notUsed: "Not used by this version"
    }
  }

  public func word(for mark: ObjectMark) -> String {
    switch mark {
    case .never: "Not here yet"
    case .verified: "Verified"
    case .red: "Did not verify"
    }
  }

  public func word(for mark: DeliveryMark) -> String {
    switch mark {
    case .local: "On this phone"
    case .uploaded: "Sent"
    case .processed: "Booked"
    case .settled: "Settled"
    }
  }

  public func word(for stage: RunStage) -> String {
    switch stage {
    case .contacting: "Contacting"
    case .receiving: "Receiving"
    case .waitingForReceipt: "Ready, waits for this receipt"
    case .applying: "Applying"
    case .sending: "Sending"
    }
  }

  public func word(for move: CashMove) -> String {
    switch move {
    case .floatIn: "Float"
    case .payIn: "Pay in"
    case .payOut: "Pay out"
    case .safeDrop: "Safe drop"
    case .bankDrop: "Bank drop"
    }
  }

  public func word(for outcome: StepOutcome) -> String {
    switch outcome {
    case .good: "Good"
    case .mind: "Have a look"
    case .bad: "Bad"
    }
  }

  public func word(for what: ChangeWhat) -> String {
    switch what {
    case .price: "Price"
    case .edit: "Changed here, replaced"
    case .vat: "VAT"
    case .new: "New"
    case .back: "For sale again"
    case .gone: "No longer for sale"
    case .added: "Added"
    case .changed: "Changed"
    case .removed: "Removed"
    }
  }

  public let dataSafe = "Your data is safe."
  public let dataNotSafe = "Data may be lost: call for help before you go on."
  public let cancel = "Cancel"
  public let close = "Close"
  public let confirm = "Confirm"
  public let record = "Record"
  public let menu = "Menu"
  public let back = "Back"

  public let sell = "Sell"
  public let history = "History"
  public let synchronise = "Synchronise"
  public let cash = "Cash"
  public let goods = "Goods"
  public let settings = "Settings"
  public let lockedUntilFirstSync = "Opens after the first sync"
  public func till(_ till: String) -> String { "Till \(till)" }

  public let syncEverything = "Sync everything"
  public let syncAll = "All"
  public let syncAllWithoutAttachments = "All without attachments"
  public let syncMenuHint = "Hold for more"
  public let online = "Online"
  public let notAskedYet = "Not asked yet"
  public let neverSynced = "Never fully synced"
  public let nothingUnsent = "Everything is sent"
  public let fromCentre = "From the centre"
  public let toBackOffice = "To the back office"
  public let documentsBar = "Documents"
  public let showBars = "Show every stage"
  public let willBeReplaced = "Will be replaced by the next sync"
  public func syncRow(_ title: String) -> String { "Sync \(title)" }
  public func offlineSince(_ moment: String) -> String { "Offline since \(moment)" }
  public func lastFullSync(_ ago: String) -> String { "Last full sync \(ago)" }
  public func nextTry(_ moment: String) -> String { "Next try at \(moment)" }
  public func unsent(_ count: UInt64) -> String { "\(count) unsent" }
  public func oldest(_ age: String) -> String { "oldest \(age)" }
  public func news(_ sections: String) -> String { "New at the centre: \(sections)" }
  public func localEditsGo(_ count: UInt64) -> String {
    count == 1 ? "1 edit made on this till will go" : "\(count) edits made on this till will go"
  }
  public func lacking(_ sections: String) -> String { "To sell, this is missing: \(sections)" }
  public func rows(_ count: String) -> String { "\(count) rows" }
  public func ended(complete: Bool, received: String, sent: UInt64) -> String {
    (complete ? "Complete" : "Not complete") + ": \(received) rows received, \(sent) documents sent"
  }
  public func endedEarly(_ why: String) -> String { "Sync ended: \(why)" }
  public let goesOnFromHere = "Cancelled: the next sync goes on from here"
  public let nothingNew = "Complete: nothing was new"
  public let waitsForConfirmation = "Everything is sent; something new waits to be confirmed"

  public let tabNow = "Now"
  public let tabReceived = "Received"
  public let tabSent = "Sent"
  public let tabRuns = "Journal"
  public let findObject = "Name or key"
  public let noHits = "Nothing found"
  public let pictureMissing = "The picture has not come yet"
  public let pictureUnreadable = "This phone cannot show this picture"
  public let notUsedHint = "This version of the app has no use for these rows. They are kept."
  public let nothingChanged = "Nothing has changed yet"
  public let shareRuns = "Share for support"
  public let yes = "yes"
  public let no = "no"
  public func waitsFor(_ section: String) -> String { "Waits for \(section)" }
  public func confirmed(_ through: String, _ head: String?) -> String {
    "The centre confirms 1–\(through)" + (head.map { " of \($0)" } ?? "")
  }
  public func changed(_ ago: String) -> String { "Changed \(ago)" }
  public func from(_ moment: String) -> String { "from \(moment)" }
  public func received(_ rows: String, _ size: String) -> String { "\(rows) rows received, \(size)" }
  public func sent(_ documents: UInt64) -> String {
    documents == 1 ? "1 document sent" : "\(documents) documents sent"
  }
  public func count(_ what: ChangeWhat, _ count: UInt64, _ section: String) -> String {
    switch what {
    case .price: count == 1 ? "1 price" : "\(count) prices"
    case .edit: "\(count) changed here and replaced"
    case .vat: "\(count) with other VAT"
    case .new: count == 1 ? "1 new item" : "\(count) new items"
    case .back: "\(count) for sale again"
    case .gone: "\(count) no longer for sale"
    case .added: "\(section): \(count) added"
    case .changed: "\(section): \(count) changed"
    case .removed: "\(section): \(count) removed"
    }
  }

  public let whoSells = "Who sells?"
  public let pin = "PIN"
  public let signIn = "Sign in"
  public let signOut = "Sign out"
  public let search = "Name or code"
  public let emptyCart = "Search or scan the first item"
  public let total = "Total"
  public let toPay = "To pay"
  public let change = "Change"
  public let complete = "Complete"
  public let newSale = "New sale"
  public let printReceipt = "Print"
  public let hold = "Hold"
  public let heldSales = "Held sales"
  public let interruptedSale = "Interrupted sale, already paid in part"
  public let interruptedSales =
    "The app ended during a sale that was paid in part. It is among the held sales."
  public func ratesChanged(_ lines: String) -> String {
    "The VAT rate has changed since: \(lines). The price stays."
  }
  public func currencyChanged(_ currency: String, _ rate: String) -> String {
    "This sale was in \(currency). Its prices were divided by \(rate)."
  }
  public let cancelSale = "Cancel the sale"
  public let removeLine = "Remove the line"
  public let removePayment = "Take the payment back"
  public let oneMore = "One more"
  public let oneLess = "One less"
  public let discount = "Discount"
  public let editedHere = "Price edited on this till"
  public func inStock(_ quantity: String, _ unit: String) -> String { "\(quantity) \(unit) in stock" }
  public func payBy(_ tender: String) -> String { "Pay by \(tender)" }

  public let customer = "Customer"
  public let noCustomer = "No customer"
  public let findCustomer = "Name, phone or VAT number"
  public let newCustomer = "New customer"
  public let makeCustomer = "Write down"
  public let madeHere = "Made on this till"

  public let all = "All"
  public let kind = "Kind"
  public let state = "State"
  public let day = "Day"
  public let noDocuments = "Nothing recorded yet"
  public let more = "More"
  public func finding(_ detail: String) -> String { "The back office objects: \(detail)" }
  public let void = "Void"
  public let voidIsFinal = "A void is a document of its own, and cannot be taken back."
  public func voidSaleHint(_ amount: String) -> String {
    "\(amount) goes back the way it was paid, and the goods are in stock again."
  }
  public func voidReturnHint(_ amount: String) -> String {
    "\(amount) comes in again the way it was paid out, and the goods are out of stock again."
  }
  public let voided = "Voided"
  public let takeBack = "Take goods back"
  public let takeBackHint = """
    At today's prices, and not as part of a sale. Where the sale is in the history, open it: there what was \
    paid goes back.
    """
  public func refundBy(_ tender: String) -> String { "The money goes back by: \(tender)" }
  public func refundRestBy(_ tender: String) -> String { "The rest goes back by: \(tender)" }
  public func refundPart(_ amount: String, by tender: String) -> String {
    "\(amount) goes back by: \(tender)"
  }
  public let addRefundPart = "Give part back by another tender"
  public let removeRefundPart = "Remove this part"
  public let takeSoldBack = "Take back"
  public let soldBackHint = "What was paid for them goes back, whatever they cost today."
  public let allBack = "Everything comes back"
  public func sold(_ quantity: String, left: String) -> String {
    quantity == left ? "\(quantity) sold" : "\(quantity) sold, \(left) left"
  }

  public let amount = "Amount"
  public let reason = "Reason"
  public let counted = "Counted"
  public let countPieces = "Count coins and notes"
  public let typeOneAmount = "Type one amount"
  public let howMany = "How many"
  public let wholeNumbersOnly = "Type whole numbers only, for example 12."
  public func sum(_ amount: String) -> String { "Sum: \(amount)" }
  public let expected = "Expected"
  public let difference = "Difference"
  public let turnover = "Turnover"
  public let interim = "Interim report (X)"
  public let dayBegins = "Beginning of the day"
  public let openDay = "Open the day"
  public let openDayHint = """
    Type the change that each drawer begins with; what is empty is not recorded. Then what is new is \
    fetched. Works offline too.
    """
  public let dayEnds = "End of the day"
  public let closeDay = "Close the day (Z)"
  public let closeDayHint = """
    Type what was counted; what is empty was not. Sends what there is, then closes. Works offline too: \
    what is left is sent later.
    """
  public let closeDayQuestion = "After this the day is closed and cannot be reopened."
  public let closingDay = "Sending what there is, some seconds at most; then the day is closed."
  public let notYourRight = "What is grey here needs a right that your role lacks."
  public let syncNow = "Synchronise now"
  public let recorded = "Recorded"
  public func dayOpenSince(_ moment: String) -> String { "Open since \(moment)" }
  public func closed(_ number: UInt64) -> String { "Day closed, Z \(number)" }
  public func interimOf(_ number: UInt64) -> String { "X report towards Z \(number)" }
  public func salesAndReturns(_ sales: UInt64, _ returns: UInt64) -> String {
    "\(sales) sales, \(returns) returns"
  }
  public func leftToSend(_ count: UInt64) -> String {
    switch count {
    case 0: "Every document is sent"
    case 1: "1 document is still to be sent"
    default: "\(count) documents are still to be sent"
    }
  }

  public let stockDocuments = "Stock documents"
  public let forLater = "For a customer"
  public let takeOrder = "Take an order"
  public let giveUp = "Give up"
  public let goodsBegun = "A document about goods is begun: record it or give it up first."
  public let noLines = "No lines yet"
  public let quantity = "Quantity"
  public let whichItem = "Which item?"
  public func twoReadings(_ text: String, _ grouped: Reading, _ decimal: Reading) -> String {
    "\(text) can be \(grouped.shown) or \(decimal.shown). Type \(grouped.typed) or \(decimal.typed)."
  }
  public let details = "Details"
  public let toWarehouse = "To the warehouse"
  public let ownWarehouse = "The shop's own"
  public let auditPlan = "By the audit plan"
  public let noPlan = "No plan"
  public let reference = "Number of the paper"
  public let reasonNeeded = "A write-off needs its reason."
  public let warehouseNeeded = "A transfer needs the warehouse it goes to."
  public let wantedDay = "Wanted on"
  public let anyDay = "Any day"
  public let otherDay = "Day, as 2026-12-24"
  public let note = "Note"
  public let newCustomerHint = "Can be sold to at once, and goes to the back office"
  public func hint(for kind: GoodsKind) -> String {
    switch kind {
    case .goodsReceipt: "Goods that came from a supplier"
    case .goodsReturn: "Goods that go back to a supplier"
    case .transfer: "Goods that go to another warehouse"
    case .count: "What is really there"
    case .writeOff: "Broken or lost"
    case .order: "At today's prices, to be delivered later"
    }
  }
  public func inWarehouse(_ kind: GoodsKind) -> String {
    switch kind {
    case .goodsReceipt: "Into the warehouse"
    case .goodsReturn, .transfer: "From the warehouse"
    case .count, .writeOff, .order: "In the warehouse"
    }
  }
  public func lines(_ count: Int) -> String { count == 1 ? "1 line" : "\(count) lines" }
  public func giveUpHint(_ title: String, _ count: Int) -> String {
    "\(title), \(lines(count)): nothing of it is recorded, and nothing of it is kept."
  }
  public func goodsRecorded(_ kind: String, _ number: String) -> String { "\(kind) \(number) is recorded" }
  public func customerMade(_ name: String) -> String { "\(name) is written down" }

  public let thisTill = "This till"
  public let notEnrolled = "Not enrolled yet"
  public let copiedTill = "A copy: enrol again to sell"
  public let series = "Series"
  public let server = "Back office"
  public let centre = "Centre"
  public let noCentre = "None chosen"
  public let version = "Version"
  public let address = "Address of the back office"
  public let pairingCode = "Pairing code"
  public let qrText = "Text of the QR"
  public let enrol = "Enrol this phone"
  public let enrolAgain = "Enrol this phone again"
  public let signInToEnrol = "Sign in with somebody who may enrol."
  public let testConnection = "Test the connection"
  public let showCentres = "Show centres"
  public let chooseCentre = "Choose this centre"
  public let thisCentre = "this till's centre"
  public let otherCentreHint = "You will be signed out: another centre has users of its own."
  public let signInToChangeCentre = "Sign in with somebody who may choose another centre."
  public let byFile = "Back office by file"
  public let byFileHint = """
    Where no network leads: take the file to the back office, and bring its receipt back.
    """
  public let exportUnsent = "Export unsent documents"
  public let exportUnsettled = "Export all that is not settled"
  public let exportUnsettledHint = "Only for a back office that has lost what it was sent."
  public let exportIsPart =
    "Not everything fitted in. Export again once the receipt of this file is taken in."
  public let takeReceipt = "Take in a receipt"
  public let refusedByFile = "The back office did not take:"
  public let signInToExport = "Sign in with somebody who may export."
  public let localEdits = "Edited on this till"
  public let noLocalEdits = "Nothing is edited on this till"
  public let editPrice = "Edit a price"
  public let newPrice = "New price"
  public let editFooter = "Edit the foot of receipts"
  public let footerHint = "Each line here is a line of the receipt."
  public let save = "Save"
  public let signInToEdit = "To edit something, sign in with somebody who may."
  public func enrolled(_ till: String, _ series: String) -> String {
    "This phone is till \(till) now; its numbers begin with \(series)"
  }
  public func exported(_ name: String, _ documents: UInt64) -> String {
    documents == 1 ? "\(name) is saved: 1 document" : "\(name) is saved: \(documents) documents"
  }
  public func acknowledged(_ count: UInt64, _ held: UInt64) -> String {
    "The back office has \(held) documents of this file; \(count) of them were unsent until now"
  }
  public func willBring(_ rows: String, _ size: String) -> String { "Brings \(rows) rows, \(size)" }
  public func editsLost(_ count: Int) -> String { "\(count) edits made on this till will be lost" }
  public func blocked(_ by: Blockers) -> String {
    let parts = [
      by.unsent > 0 ? (by.unsent == 1 ? "1 document to send" : "\(by.unsent) documents to send") : nil,
      by.held > 0 ? (by.held == 1 ? "1 held sale to finish" : "\(by.held) held sales to finish") : nil,
      by.isReceiptOpen ? "a receipt is open" : nil,
      by.unclosed > 0 ? "the day to close" : nil,
    ]
    return "First: " + parts.compactMap { $0 }.joined(separator: ", ")
  }
  public func editedBy(_ user: String, _ moment: String) -> String { "by \(user), \(moment)" }

  public let justNow = "just now"
  public func minutesAgo(_ minutes: Int) -> String { "\(minutes) min ago" }
  public func hoursAgo(_ hours: Int) -> String { "\(hours) h ago" }
  public func daysAgo(_ days: Int) -> String { days == 1 ? "1 day ago" : "\(days) days ago" }
  public func minutes(_ minutes: Int) -> String { "\(minutes) min" }
  public func hours(_ hours: Int) -> String { "\(hours) h" }
  public func days(_ days: Int) -> String { days == 1 ? "1 day" : "\(days) days" }
}
