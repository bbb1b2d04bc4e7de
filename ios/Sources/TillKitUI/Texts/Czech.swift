import TillKit

/// Čeština.
public struct Czech: Strings {
  public init() {}

  public let localeIdentifier = "cs_CZ"

  public func title(of section: SectionName) -> String {
    switch section {
    case .directories: "Číselníky"
    case .items: "Zboží a ceny"
    case .rates: "Kurzovní lístek"
    case .customers: "Zákazníci"
    case .promotions: "Akce"
    case .users: "Uživatelé"
    case .numerators: "Číselné řady"
    case .centre: "Středisko a účtenka"
    case .attributes: "Doplňující údaje"
    case .appointments: "Schůzky"
    case .orders: "Objednávky"
    case .stock: "Sklad"
    case .attachments: "Obrázky"
    case .sales: "Prodeje"
    case .closures: "Uzávěrky"
    case .cash: "Pohyby hotovosti"
    case .ordersMade: "Objednávky odsud"
    case .customersMade: "Zákazníci odsud"
    case .stockDocuments: "Skladové doklady"
    case .events: "Události"
    }
  }

  public func title(of kind: KindName) -> String {
    switch kind {
    case .unit: "Jednotky"
    case .warehouse: "Sklady"
    case .vehicle: "Vozidla"
    case .currency: "Měny"
    case .tender: "Způsoby platby"
    case .priceType: "Druhy cen"
    case .vatRate: "Sazby DPH"
    case .travelType: "Druhy cest"
    case .discountType: "Druhy slev"
    case .globalPrice: "Plošné ceny"
    case .item: "Zboží"
    case .price: "Ceny"
    case .group: "Skupiny"
    case .itemUnit: "Jednotky zboží"
    case .itemCode: "Kódy zboží"
    case .groupLink: "Zboží ve skupinách"
    case .exchangeRate: "Kurzy"
    case .customer: "Zákazníci"
    case .promotion: "Akce"
    case .promotionItem: "Zboží v akci"
    case .user: "Uživatelé"
    case .role: "Role"
    case .numerator: "Vzory čísel"
    case .centre: "Středisko"
    case .location: "Provozovny"
    case .device: "Zařízení"
    case .policy: "Pravidla"
    case .receiptLayout: "Vzhled účtenky"
    case .attributeDefinition: "Druhy údajů"
    case .attributeValue: "Hodnoty údajů"
    case .appointmentType: "Druhy schůzek"
    case .appointmentTemplate: "Vzory schůzek"
    case .appointment: "Schůzky"
    case .transferOrder: "Převodní příkazy"
    case .salesOrder: "Prodejní objednávky"
    case .invoice: "Faktury"
    case .auditPlan: "Plány kontrol"
    case .stockLevel: "Stavy skladu"
    case .stockCounted: "Započtené doklady"
    case .image: "Obrázky"
    case .sale: "Prodej"
    case .saleReturn: "Vratka"
    case .void: "Storno"
    case .closure: "Uzávěrka"
    case .cashMovement: "Pohyb hotovosti"
    case .order: "Objednávka"
    case .customerMade: "Nový zákazník"
    case .goodsReceipt: "Příjemka"
    case .goodsReturn: "Vrácení dodavateli"
    case .transfer: "Převodka"
    case .count: "Inventura"
    case .writeOff: "Odpis"
    case .event: "Událost"
    }
  }

  public func title(of step: StepName) -> String {
    switch step {
    case .resolve: "Adresa"
    case .connect: "Spojení"
    case .tls: "Šifrování"
    case .office: "Centrála"
    case .version: "Verze"
    case .clock: "Hodiny"
    case .credential: "Tato pokladna"
    case .centre: "Středisko"
    }
  }

  public func title(of fact: FactName) -> String {
    switch fact {
    case .active: "Aktivní"
    case .address: "Adresa"
    case .addressCity: "Město"
    case .addressCountry: "Země"
    case .addressPostCode: "PSČ"
    case .addressStreet: "Ulice"
    case .bytes: "Bajty"
    case .category: "Kategorie"
    case .code: "Kód"
    case .codes: "Kódy"
    case .credit: "Na účet"
    case .currency: "Měna"
    case .customer: "Zákazník"
    case .decimals: "Desetinná místa"
    case .email: "E-mail"
    case .enrolment: "Registrace"
    case .footer: "Pata"
    case .fromDay: "Od"
    case .fromMs: "Od"
    case .group: "Skupina"
    case .header: "Hlava"
    case .item: "Položka"
    case .items: "Položky"
    case .kind: "Druh"
    case .mediaType: "Typ"
    case .name: "Název"
    case .number: "Číslo"
    case .percent: "Procento"
    case .phone: "Telefon"
    case .price: "Cena"
    case .priceType: "Typ ceny"
    case .quantity: "Množství"
    case .rate: "Kurz"
    case .role: "Role"
    case .source: "Zdroj"
    case .till: "Pokladna"
    case .unit: "Jednotka"
    case .untilMs: "Do"
    case .user: "Uživatel"
    case .vat: "DPH"
    case .vatId: "DIČ"
    case .warehouse: "Sklad"
    }
  }

  public func title(of trigger: TriggerName) -> String {
    switch trigger {
    case .row: "ikona řádku"
    case .redButton: "červené tlačítko"
    case .confirmed: "potvrzeno"
    case .centreChosen: "volba střediska"
    case .opening: "otevření dne"
    case .closing: "uzavření dne"
    case .reconnect: "nový pokus"
    case .schedule: "podle hodin"
    case .poke: "novinka z centrály"
    }
  }

  public func title(of result: ResultName) -> String {
    switch result {
    case .done: "Dokončeno"
    case .nothingNew: "Dokončeno, nic nového"
    case .waiting: "Něco nového čeká na potvrzení"
    case .cancelled: "Zrušeno"
    }
  }

  public func sentence(for trouble: TroubleName) -> String {
    switch trouble {
    case .noRoute: "Kancelář není dostupná."
    case .noAddress: "Pod touto adresou nic není."
    case .receiptForged: "Potvrzení není od centrály této pokladny."
    case .receiptUnreadable: "Soubor není potvrzení od kanceláře."
    case .receiptOtherDocuments: "Potvrzení je o jiných dokladech."
    case .partRefused: "Údaje zákazníka nebyly přijaty."
    case .export: "Soubor se nepodařilo zapsat."
    case .captivePortal: "Síť se chce nejdřív přihlásit."
    case .untrusted: "Certifikátu kanceláře nelze věřit."
    case .serverDown: "Kancelář teď nemůže odpovědět."
    case .notAuthorised, .unauthorised: "Kancelář tuto pokladnu nepřijímá."
    case .clockWrong, .clock: "Hodiny telefonu jdou špatně."
    case .version: "Aplikace a kancelář mají různé verze."
    case .revoked: "Pokladna byla odvolána: může jen odesílat."
    case .superseded: "Tato pokladna byla přihlášena na jiném telefonu."
    case .busy: "Kancelář je zaneprázdněná."
    case .tooMany: "Příliš mnoho pokusů."
    case .codeUnknown: "Takový párovací kód není."
    case .codeUsed: "Párovací kód použil jiný telefon."
    case .codeExpired: "Párovací kód už neplatí."
    case .badProof: "Kancelář nevěří klíči tohoto telefonu."
    case .wrongOffice: "Odpověděla jiná kancelář než ta z QR kódu."
    case .nothingPublished: "Středisko zatím nic nezveřejnilo."
    case .noSubscription: "Tato pokladna nemá zvolené středisko."
    case .mismatch: "Nepřišlo to celé; co tu bylo, je tu dál."
    case .blobBad: "Část přišla poškozená; co tu bylo, je tu dál."
    case .tooManyRows: "Středisko má víc řádků, než pokladna pojme; co tu bylo, je tu dál."
    case .waitsFor: "Čeká na jiný řádek."
    case .manifestDisbelieved: "Podpis střediska nesouhlasí."
    case .documentRefused: "Kancelář doklad nepřijala."
    case .notUnderstood: "Odpovědi kanceláře nebylo rozumět."
    case .malformed: "Kancelář tomuto telefonu nerozuměla."
    case .notFound: "Kancelář tam pro tuto pokladnu nic nemá."
    case .tooLarge: "Je to větší, než kancelář přijímá."
    case .internal: "Selhalo něco, co nemělo."
    case .cancelled: "Zrušeno."
    case .diskFull: "Telefon je plný."
    case .folder: "Složku pro stahování nelze použít."
    case .newerFile: "Soubory zapsala novější verze aplikace."
    case .foreignFile: "To je soubor jiného programu."
    case .damagedFile: "Soubor je poškozený."
    case .store: "Úložiště telefonu odmítlo."
    case .suspended: "Aplikace spí."
    case .keyStore: "Úložiště klíčů telefonu odmítlo."
    case .copied: "Tato pokladna je kopie; chybí jí klíč."
    case .notEnrolled: "Tento telefon ještě není pokladna."
    case .otherCentre: "Bylo zvoleno jiné středisko: přihlaste se znovu."
    case .otherBusiness: "Tato kancelář patří jiné firmě."
    case .noCentre: "Není zvoleno středisko."
    case .notSynced: "První synchronizace není hotová."
    case .badSetting: "Nastavení střediska nelze použít."
    case .wrongPin: "Uživatel a PIN k sobě nepatří."
    case .lockedOut: "Příliš mnoho špatných PINů."
    case .noRight: "Na to nemáte právo."
    case .unknown: "Nenalezeno."
    case .severalItems: "Tento kód má více položek zboží."
    case .sharedCodes: "Jeden kód má dvě položky zboží. Obraťte se na kancelář obchodu."
    case .noCredit: "Tento zákazník nemá účet. Zvolte jiný způsob platby."
    case .tooLong: "Tento doklad je příliš dlouhý. Dokončete ho a začněte další."
    case .badInput: "Takhle to být nemůže."
    case .notInPlan: "Plán kontroly s tímto zbožím nepočítá."
    case .notForSale: "Toto zboží není na prodej."
    case .noRate: "Pro dnešek není kurz."
    case .noSale: "Není rozpracovaný prodej."
    case .saleOpen: "Nejdřív dokončete, odložte nebo zrušte rozpracovaný prodej."
    case .notYet: "Nejdřív odešlete doklady, dokončete odložené prodeje a uzavřete den."
    case .notReversible: "Tento doklad nelze stornovat."
    case .sale: "To nejde."
    case .money: "To není částka."
    case .printer: "Tiskárna odmítla."
    }
  }

  public func sentence(for advice: Advice) -> String {
    switch advice {
    case .wait: "Zkusí se to samo znovu."
    case .checkNetwork: "Podívejte se, zda má telefon síť."
    case .signInToNetwork: "Otevřete webovou stránku a přihlaste se k síti."
    case .setClock: "Nastavte datum a čas na automatické."
    case .update: "Aktualizujte aplikaci, nebo dejte aktualizovat kancelář."
    case .pairAgain: "Požádejte kancelář o nový párovací kód."
    case .chooseCentre: "Zvolte středisko v Nastavení."
    case .tapRow: "Klepněte znovu na ikonu řádku."
    case .freeSpace: "Uvolněte místo v telefonu."
    case .askBackOffice: "Požádejte kancelář, ať se na to podívá."
    }
  }

  public func word(for state: RowState) -> String {
    switch state {
    case .never: "Nikdy nesynchronizováno"
    case .upToDate: "Aktuální"
    case .behind: "Ve středisku je nové"
    case .unsent: "Neodesláno"
    case .waiting: "Čeká"
    case .running: "Probíhá"
    case .failed: "Nepovedlo se"
    case .blocked: "Blokováno"
    case .notUsed: "Tato verze nepoužívá"
    }
  }

  public func word(for mark: ObjectMark) -> String {
    switch mark {
    case .never: "Zatím tu není"
    case .verified: "Ověřeno"
    case .red: "Nesouhlasí"
    }
  }

  public func word(for mark: DeliveryMark) -> String {
    switch mark {
    case .local: "V telefonu"
    case .uploaded: "Odesláno"
    case .processed: "Zaúčtováno"
    case .settled: "Uzavřeno"
    }
  }

  public func word(for stage: RunStage) -> String {
    switch stage {
    case .contacting: "Navazuje se spojení"
    case .receiving: "Přijímá se"
    case .waitingForReceipt: "Připraveno, čeká na tuto účtenku"
    case .applying: "Použije se"
    case .sending: "Odesílá se"
    }
  }

  public func word(for move: CashMove) -> String {
    switch move {
    case .floatIn: "Počáteční hotovost"
    case .payIn: "Vklad"
    case .payOut: "Výběr"
    case .safeDrop: "Odvod do trezoru"
    case .bankDrop: "Odvod do banky"
    }
  }

  public func word(for outcome: StepOutcome) -> String {
    switch outcome {
    case .good: "V pořádku"
    case .mind: "Podívejte se na to"
    case .bad: "Špatně"
    }
  }

  public func word(for what: ChangeWhat) -> String {
    switch what {
    case .price: "Cena"
    case .edit: "Změněno zde, nahrazeno"
    case .vat: "DPH"
    case .new: "Nové"
    case .back: "Opět v prodeji"
    case .gone: "Už není v prodeji"
    case .added: "Přidáno"
    case .changed: "Změněno"
    case .removed: "Odebráno"
    }
  }

  public let dataSafe = "Vaše data jsou v bezpečí."
  public let dataNotSafe = "Data mohou být ztracena: než budete pokračovat, zavolejte pomoc."
  public let cancel = "Zrušit"
  public let close = "Zavřít"
  public let confirm = "Potvrdit"
  public let record = "Zapsat"
  public let menu = "Nabídka"
  public let back = "Zpět"

  public let sell = "Prodej"
  public let history = "Historie"
  public let synchronise = "Synchronizace"
  public let cash = "Hotovost"
  public let goods = "Zboží"
  public let settings = "Nastavení"
  public let lockedUntilFirstSync = "Otevře se po první synchronizaci"
  public func till(_ till: String) -> String { "Pokladna \(till)" }

  public let syncEverything = "Synchronizovat vše"
  public let syncAll = "Vše"
  public let syncAllWithoutAttachments = "Vše bez příloh"
  public let syncMenuHint = "Podržte pro další volby"
  public let online = "Online"
  public let notAskedYet = "Zatím neověřeno"
  public let neverSynced = "Ještě nikdy úplně nesynchronizováno"
  public let nothingUnsent = "Vše je odesláno"
  public let fromCentre = "Ze střediska"
  public let toBackOffice = "Do kanceláře"
  public let documentsBar = "Doklady"
  public let showBars = "Ukázat všechny kroky"
  public let willBeReplaced = "Příští synchronizace to nahradí"
  public func syncRow(_ title: String) -> String { "Synchronizovat: \(title)" }
  public func offlineSince(_ moment: String) -> String { "Offline od \(moment)" }
  public func lastFullSync(_ ago: String) -> String { "Poslední úplná synchronizace \(ago)" }
  public func nextTry(_ moment: String) -> String { "Další pokus v \(moment)" }
  public func unsent(_ count: UInt64) -> String { "\(count) neodesláno" }
  public func oldest(_ age: String) -> String { "nejstarší \(age)" }
  public func news(_ sections: String) -> String { "Nové ve středisku: \(sections)" }
  public func localEditsGo(_ count: UInt64) -> String { "Zmizí úpravy z této pokladny: \(count)" }
  public func lacking(_ sections: String) -> String { "K prodeji chybí: \(sections)" }
  public func rows(_ count: String) -> String { "\(count) řádků" }
  public func ended(complete: Bool, received: String, sent: UInt64) -> String {
    (complete ? "Hotovo" : "Není hotovo") + ": přijato řádků \(received), odesláno dokladů \(sent)"
  }
  public func endedEarly(_ why: String) -> String { "Synchronizace skončila: \(why)" }
  public let goesOnFromHere = "Zrušeno: příští synchronizace naváže"
  public let nothingNew = "Hotovo: nic nového"
  public let waitsForConfirmation = "Vše je odesláno; nové čeká na potvrzení"

  public let tabNow = "Nyní"
  public let tabReceived = "Přijaté"
  public let tabSent = "Odeslané"
  public let tabRuns = "Deník"
  public let findObject = "Název nebo klíč"
  public let noHits = "Nic nenalezeno"
  public let pictureMissing = "Obrázek ještě nepřišel"
  public let pictureUnreadable = "Tento telefon obrázek neumí zobrazit"
  public let notUsedHint = "Tato verze aplikace tyto řádky nepoužívá. Zůstávají uložené."
  public let nothingChanged = "Zatím se nic nezměnilo"
  public let shareRuns = "Poslat podpoře"
  public let yes = "ano"
  public let no = "ne"
  public func waitsFor(_ section: String) -> String { "Čeká na: \(section)" }
  public func confirmed(_ through: String, _ head: String?) -> String {
    "Středisko potvrzuje 1–\(through)" + (head.map { " z \($0)" } ?? "")
  }
  public func changed(_ ago: String) -> String { "Změněno \(ago)" }
  public func from(_ moment: String) -> String { "od \(moment)" }
  public func received(_ rows: String, _ size: String) -> String { "přijato řádků: \(rows), \(size)" }
  public func sent(_ documents: UInt64) -> String { "odesláno dokladů: \(documents)" }
  public func count(_ what: ChangeWhat, _ count: UInt64, _ section: String) -> String {
    switch what {
    case .price: "ceny: \(count)"
    case .edit: "změněno zde a nahrazeno: \(count)"
    case .vat: "jiné DPH: \(count)"
    case .new: "nové položky: \(count)"
    case .back: "opět v prodeji: \(count)"
    case .gone: "už není v prodeji: \(count)"
    case .added: "\(section): přidáno \(count)"
    case .changed: "\(section): změněno \(count)"
    case .removed: "\(section): odebráno \(count)"
    }
  }

  public let whoSells = "Kdo prodává?"
  public let pin = "PIN"
  public let signIn = "Přihlásit"
  public let signOut = "Odhlásit"
  public let search = "Název nebo kód"
  public let emptyCart = "Vyhledejte nebo načtěte první položku"
  public let total = "Celkem"
  public let toPay = "K úhradě"
  public let change = "Vrátit"
  public let complete = "Dokončit"
  public let newSale = "Nový prodej"
  public let printReceipt = "Tisk"
  public let hold = "Odložit"
  public let heldSales = "Odložené prodeje"
  public let interruptedSale = "Přerušený prodej, zčásti zaplacený"
  public let interruptedSales =
    "Aplikace skončila během prodeje, který byl zčásti zaplacen. Je mezi odloženými prodeji."
  public func ratesChanged(_ lines: String) -> String {
    "Sazba DPH se mezitím změnila: \(lines). Cena zůstává."
  }
  public func currencyChanged(_ currency: String, _ rate: String) -> String {
    "Tento prodej byl v měně \(currency). Jeho ceny byly vyděleny kurzem \(rate)."
  }
  public let cancelSale = "Zrušit prodej"
  public let removeLine = "Odebrat řádek"
  public let removePayment = "Vzít platbu zpět"
  public let oneMore = "O jeden víc"
  public let oneLess = "O jeden míň"
  public let discount = "Sleva"
  public let editedHere = "Cena upravená na této pokladně"
  public func inStock(_ quantity: String, _ unit: String) -> String { "skladem \(quantity) \(unit)" }
  public func payBy(_ tender: String) -> String { "Zaplatit: \(tender)" }

  public let customer = "Zákazník"
  public let noCustomer = "Bez zákazníka"
  public let findCustomer = "Jméno, telefon nebo DIČ"
  public let newCustomer = "Nový zákazník"
  public let makeCustomer = "Zapsat zákazníka"
  public let madeHere = "Zapsán na této pokladně"

  public let all = "Vše"
  public let kind = "Druh"
  public let state = "Stav"
  public let day = "Den"
  public let noDocuments = "Zatím nic zapsáno"
  public let more = "Další"
  public func finding(_ detail: String) -> String { "Kancelář namítá: \(detail)" }
  public let void = "Stornovat"
  public let voidIsFinal = "Storno je samostatný doklad a nelze je vzít zpět."
  public func voidSaleHint(_ amount: String) -> String {
    "\(amount) se vrátí tak, jak bylo zaplaceno, a zboží je zase na skladě."
  }
  public func voidReturnHint(_ amount: String) -> String {
    "\(amount) se vybere tak, jak bylo vyplaceno, a zboží na skladě zase není."
  }
  public let voided = "Stornováno"
  public let takeBack = "Vzít zboží zpět"
  public let takeBackHint = """
    Za dnešní ceny a bez vazby na prodej. Je-li prodej v historii, otevřete ho: tam se vrátí, co bylo \
    zaplaceno.
    """
  public func refundBy(_ tender: String) -> String { "Peníze se vrátí: \(tender)" }
  public func refundRestBy(_ tender: String) -> String { "Zbytek se vrátí: \(tender)" }
  public func refundPart(_ amount: String, by tender: String) -> String {
    "\(amount) se vrátí: \(tender)"
  }
  public let addRefundPart = "Část vrátit jiným způsobem"
  public let removeRefundPart = "Odebrat tuto část"
  public let takeSoldBack = "Vzít zpět"
  public let soldBackHint = "Vrátí se, co za ně bylo zaplaceno, bez ohledu na dnešní cenu."
  public let allBack = "Vrací se všechno"
  public func sold(_ quantity: String, left: String) -> String {
    quantity == left ? "prodáno \(quantity)" : "prodáno \(quantity), zbývá \(left)"
  }

  public let amount = "Částka"
  public let reason = "Důvod"
  public let counted = "Napočítáno"
  public let countPieces = "Počítat mince a bankovky"
  public let typeOneAmount = "Zadat jednu částku"
  public let howMany = "Kolik"
  public let wholeNumbersOnly = "Pište jen celá čísla, například 12."
  public func sum(_ amount: String) -> String { "Součet: \(amount)" }
  public let expected = "Má být"
  public let difference = "Rozdíl"
  public let turnover = "Obrat"
  public let interim = "Mezisoučet (X)"
  public let dayBegins = "Začátek dne"
  public let openDay = "Otevřít den"
  public let openDayHint = """
    Napište, s jakými drobnými která zásuvka začíná; co je prázdné, se nezapíše. Pak se vyzvedne, co je \
    nového. Jde to i offline.
    """
  public let dayEnds = "Konec dne"
  public let closeDay = "Uzavřít den (Z)"
  public let closeDayHint = """
    Napište, co jste napočítali; co je prázdné, se nepočítá. Odešle, co je, a uzavře. Jde to i offline: \
    zbytek se odešle později.
    """
  public let closeDayQuestion = "Potom je den uzavřen a nelze ho znovu otevřít."
  public let closingDay = "Odesílá se, nejvýše několik sekund; potom se den uzavře."
  public let notYourRight = "Co je zde šedé, k tomu vaše role nemá právo."
  public let syncNow = "Synchronizovat"
  public let recorded = "Zapsáno"
  public func dayOpenSince(_ moment: String) -> String { "Otevřeno od \(moment)" }
  public func closed(_ number: UInt64) -> String { "Den uzavřen, Z \(number)" }
  public func interimOf(_ number: UInt64) -> String { "Přehled X před Z \(number)" }
  public func salesAndReturns(_ sales: UInt64, _ returns: UInt64) -> String {
    "prodejů \(sales), vratek \(returns)"
  }
  public func leftToSend(_ count: UInt64) -> String {
    count == 0 ? "Vše je odesláno" : "Zbývá odeslat doklady: \(count)"
  }

  public let stockDocuments = "Skladové doklady"
  public let forLater = "Pro zákazníka"
  public let takeOrder = "Přijmout objednávku"
  public let giveUp = "Zahodit"
  public let goodsBegun = "Doklad o zboží je rozepsaný: nejdřív ho zapište, nebo zahoďte."
  public let noLines = "Zatím žádné řádky"
  public let quantity = "Množství"
  public let whichItem = "Které zboží?"
  public func twoReadings(_ text: String, _ grouped: Reading, _ decimal: Reading) -> String {
    "\(text) může být \(grouped.shown) nebo \(decimal.shown). Napište \(grouped.typed) nebo \(decimal.typed)."
  }
  public let details = "Podrobnosti"
  public let toWarehouse = "Do skladu"
  public let ownWarehouse = "Vlastní sklad prodejny"
  public let auditPlan = "Podle plánu inventury"
  public let noPlan = "Bez plánu"
  public let reference = "Číslo průvodního dokladu"
  public let reasonNeeded = "Odpis potřebuje důvod."
  public let warehouseNeeded = "Převodka potřebuje sklad, kam zboží jde."
  public let wantedDay = "Dodat dne"
  public let anyDay = "Kdykoli"
  public let otherDay = "Den, jako 2026-12-24"
  public let note = "Poznámka"
  public let newCustomerHint = "Lze mu hned prodávat; odešle se do kanceláře"
  public func hint(for kind: GoodsKind) -> String {
    switch kind {
    case .goodsReceipt: "Zboží, které přišlo od dodavatele"
    case .goodsReturn: "Zboží, které se vrací dodavateli"
    case .transfer: "Zboží, které jde do jiného skladu"
    case .count: "Co tu opravdu je"
    case .writeOff: "Rozbité nebo ztracené"
    case .order: "Za dnešní ceny, k pozdějšímu dodání"
    }
  }
  public func inWarehouse(_ kind: GoodsKind) -> String {
    switch kind {
    case .goodsReceipt: "Do skladu"
    case .goodsReturn, .transfer: "Ze skladu"
    case .count, .writeOff, .order: "Ve skladu"
    }
  }
  public func lines(_ count: Int) -> String {
    switch count {
    case 1: "1 řádek"
    case 2...4: "\(count) řádky"
    default: "\(count) řádků"
    }
  }
  public func giveUpHint(_ title: String, _ count: Int) -> String {
    "\(title), \(lines(count)): nic z toho se nezapíše a nic nezůstane."
  }
  public func goodsRecorded(_ kind: String, _ number: String) -> String { "\(kind) \(number): zapsáno" }
  public func customerMade(_ name: String) -> String { "\(name): zapsáno" }

  public let thisTill = "Tato pokladna"
  public let notEnrolled = "Ještě nepřihlášena"
  public let copiedTill = "Kopie: k prodeji ji znovu přihlaste"
  public let series = "Řada"
  public let server = "Kancelář"
  public let centre = "Středisko"
  public let noCentre = "Nezvoleno"
  public let version = "Verze"
  public let address = "Adresa kanceláře"
  public let pairingCode = "Párovací kód"
  public let qrText = "Text QR kódu"
  public let enrol = "Přihlásit tento telefon"
  public let enrolAgain = "Přihlásit tento telefon znovu"
  public let signInToEnrol = "Přihlaste někoho, kdo smí registrovat telefon."
  public let testConnection = "Vyzkoušet spojení"
  public let showCentres = "Ukázat střediska"
  public let chooseCentre = "Zvolit toto středisko"
  public let thisCentre = "středisko této pokladny"
  public let otherCentreHint = "Budete odhlášeni: jiné středisko má své uživatele."
  public let signInToChangeCentre = "Přihlaste někoho, kdo smí zvolit jiné středisko."
  public let byFile = "Kancelář souborem"
  public let byFileHint = "Kam nevede síť: soubor předejte kanceláři a přineste její potvrzení."
  public let exportUnsent = "Uložit neodeslané doklady"
  public let exportUnsettled = "Uložit vše neuzavřené"
  public let exportUnsettledHint = "Jen pro kancelář, která ztratila, co jí bylo odesláno."
  public let exportIsPart = "Vše se nevešlo. Uložte znovu, až načtete potvrzení k tomuto souboru."
  public let takeReceipt = "Načíst potvrzení"
  public let refusedByFile = "Kancelář nepřijala:"
  public let signInToExport = "Přihlaste někoho, kdo smí doklady ukládat."
  public let localEdits = "Upraveno na této pokladně"
  public let noLocalEdits = "Na této pokladně není nic upraveno"
  public let editPrice = "Upravit cenu"
  public let newPrice = "Nová cena"
  public let editFooter = "Upravit patu účtenek"
  public let footerHint = "Každý řádek zde je jeden řádek účtenky."
  public let save = "Uložit"
  public let signInToEdit = "K úpravám přihlaste někoho, kdo na ně má právo."
  public func enrolled(_ till: String, _ series: String) -> String {
    "Tento telefon je teď pokladna \(till); čísla začínají \(series)"
  }
  public func exported(_ name: String, _ documents: UInt64) -> String {
    "Uloženo \(name), doklady: \(documents)"
  }
  public func acknowledged(_ count: UInt64, _ held: UInt64) -> String {
    "Kancelář má doklady z tohoto souboru: \(held); dosud neodeslané z nich: \(count)"
  }
  public func willBring(_ rows: String, _ size: String) -> String { "Přinese řádků \(rows), \(size)" }
  public func editsLost(_ count: Int) -> String { "Ztratí se úpravy z této pokladny: \(count)" }
  public func blocked(_ by: Blockers) -> String {
    let parts = [
      by.unsent > 0 ? "odeslat doklady (\(by.unsent))" : nil,
      by.held > 0 ? "dokončit odložené prodeje (\(by.held))" : nil,
      by.isReceiptOpen ? "dokončit otevřenou účtenku" : nil,
      by.unclosed > 0 ? "uzavřít den" : nil,
    ]
    return "Nejdříve: " + parts.compactMap { $0 }.joined(separator: ", ")
  }
  public func editedBy(_ user: String, _ moment: String) -> String { "\(user), \(moment)" }

  public let justNow = "právě teď"
  public func minutesAgo(_ minutes: Int) -> String { "před \(minutes) min" }
  public func hoursAgo(_ hours: Int) -> String { "před \(hours) h" }
  public func daysAgo(_ days: Int) -> String { days == 1 ? "před 1 dnem" : "před \(days) dny" }
  public func minutes(_ minutes: Int) -> String { "\(minutes) min" }
  public func hours(_ hours: Int) -> String { "\(hours) h" }
  public func days(_ days: Int) -> String {
    switch days {
    case 1: "1 den"
    case 2...4: "\(days) dny"
    default: "\(days) dní"
    }
  }
}
