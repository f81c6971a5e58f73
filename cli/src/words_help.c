/* SPDX-License-Identifier: EUPL-1.2 */
/* The words of the help of commands that write and read. */
#include "words.h"

static const struct words_row rows[] = {
    { { "LINK", "LINK", "LIEN", "LINK" } },
    { { "Turn an activation link into an account on this device",
        "Aus einem Aktivierungslink ein Konto auf diesem Gerät machen",
        "Faire d'un lien d'activation un compte sur cet appareil",
        "Fare di un link di attivazione un conto su questo dispositivo" } },
    { { "The link comes from your administrator and works once. The account's keys are made here and never\nleave this "
        "device; all that is kept of it is sealed with a passphrase that you choose now. Nobody can\nrestore it, so "
        "remember it well. With --key-file a key is made in that file instead.\n\nA link of \"weibel device link\" "
        "makes this a further device of an account.\n\nA server whose certificate comes from an authority of your own "
        "organisation needs --ca, once: it is\nkept with the account.",
        "Den Link erhalten Sie von Ihrer Administration; er gilt einmal. Die Schlüssel des Kontos entstehen hier "
        "und\nverlassen dieses Gerät nie; alles, was davon gespeichert wird, ist mit einer Passphrase versiegelt, die "
        "Sie\njetzt wählen. Niemand kann sie wiederherstellen: merken Sie sie sich gut. Mit --key-file "
        "entsteht\nstattdessen ein Schlüssel in dieser Datei.\n\nEin Link von \"weibel device link\" macht dies zu "
        "einem weiteren Gerät eines Kontos.\n\nEin Server, dessen Zertifikat von einer Stelle Ihrer eigenen "
        "Organisation stammt, braucht einmal --ca: es\nwird beim Konto aufbewahrt.",
        "Le lien vient de votre administration et sert une fois. Les clés du compte sont créées ici et ne "
        "quittent\njamais cet appareil; tout ce qui en est gardé est scellé par une phrase secrète que vous "
        "choisissez\nmaintenant. Personne ne peut la rétablir: retenez-la bien. Avec --key-file, une clé est créée "
        "dans ce\nfichier à sa place.\n\nUn lien de \"weibel device link\" fait de cet appareil un appareil de plus "
        "d'un compte.\n\nUn serveur dont le certificat vient d'une autorité de votre organisation demande --ca, une "
        "fois: elle est\ngardée avec le compte.",
        "Il link viene dalla Sua amministrazione e vale una volta. Le chiavi del conto nascono qui e non lasciano\nmai "
        "questo dispositivo; tutto ciò che ne viene conservato è sigillato con una passphrase che Lei sceglie\nora. "
        "Nessuno può ripristinarla: la ricordi bene. Con --key-file si crea invece una chiave in quel file.\n\nUn link "
        "di \"weibel device link\" fa di questo un ulteriore dispositivo di un conto.\n\nUn server il cui certificato "
        "viene da un'autorità della Sua organizzazione richiede --ca, una volta: è\nconservata con il conto." } },
    { { "Show this account's ID and address", "ID und Adresse dieses Kontos anzeigen",
        "Afficher l'ID et l'adresse de ce compte", "Mostrare l'ID e l'indirizzo di questo conto" } },
    { { "The ID is what you give to people so that they can write to you; the address is for those on another\nserver. "
        "On a terminal a QR code follows: whoever scans it in the browser client has you as a contact,\nverified.",
        "Die ID geben Sie Leuten, damit sie Ihnen schreiben können; die Adresse ist für Leute auf einem "
        "anderen\nServer. Im Terminal folgt ein QR-Code: Wer ihn im Browser-Client scannt, hat Sie als geprüften "
        "Kontakt.",
        "L'ID se donne aux personnes pour qu'elles puissent vous écrire; l'adresse est pour celles d'un "
        "autre\nserveur. Dans un terminal suit un code QR: qui le scanne dans le client pour navigateur vous a "
        "comme\ncontact vérifié.",
        "L'ID si dà alle persone perché possano scriverle; l'indirizzo è per quelle di un altro\nserver. In un "
        "terminale segue un codice QR: chi lo legge nel client per browser l'ha tra i suoi\ncontatti, verificata." } },
    { { "[CHAT]", "[CHAT]", "[CHAT]", "[CHAT]" } },
    { { "Read and write in a full-screen view", "In einer Ansicht über den ganzen Bildschirm lesen und schreiben",
        "Lire et écrire dans une vue plein écran", "Leggere e scrivere in una vista a tutto schermo" } },
    { { "Shows the chats and, beside them, the conversation of one: CHAT if it is given. F1 shows the keys.\nWithout a "
        "connection it shows what is here, and sends what is written as soon as there is one.\n\nNO_COLOR in the "
        "environment leaves colours out.",
        "Zeigt die Chats und daneben das Gespräch in einem: in CHAT, wenn er angegeben ist. F1 zeigt die Tasten.\nOhne "
        "Verbindung zeigt die Ansicht, was hier ist, und sendet das Geschriebene, sobald es eine gibt.\n\nNO_COLOR in "
        "der Umgebung lässt die Farben weg.",
        "Montre les chats et, à côté, la conversation de l'un d'eux: CHAT s'il est indiqué. F1 montre les "
        "touches.\nSans connexion, la vue montre ce qui est là et envoie ce qui est écrit dès qu'il y en a "
        "une.\n\nNO_COLOR dans l'environnement supprime les couleurs.",
        "Mostra le chat e, accanto, la conversazione di una: CHAT se è indicata. F1 mostra i tasti.\nSenza connessione "
        "la vista mostra ciò che c'è qui e invia ciò che si scrive non appena ce n'è una.\n\nNO_COLOR nell'ambiente "
        "toglie i colori." } },
    { { "TO [TEXT]", "AN [TEXT]", "À [TEXTE]", "A [TESTO]" } },
    { { "Send a message, with files if you like", "Eine Nachricht senden, auf Wunsch mit Dateien",
        "Envoyer un message, avec des fichiers au besoin", "Inviare un messaggio, se si vuole con file" } },
    { { "TO is an ID, an address, or a chat as \"weibel chats\" names it. Without TEXT and without a file, the\ntext "
        "is read from standard input.\n\nA picture goes without what it says beside itself: where and when it was "
        "taken, by which camera, and\nsmaller pictures in it. With --as-is it goes as the file is, to the last "
        "byte.\n\nPrints the message's ID once the server has it safely. Without a connection "
        "the message is queued,\nthe program says so and ends with 75; it goes out the next time that weibel is "
        "connected.",
        "AN ist eine ID, eine Adresse oder ein Chat, wie \"weibel chats\" ihn nennt. Ohne TEXT und ohne Datei wird "
        "der\nText von der Standardeingabe gelesen.\n\nEin Bild geht ohne das, was es neben sich sagt: wo und wann es "
        "aufgenommen wurde, mit welcher Kamera, und\nkleinere Bilder darin. Mit --as-is geht es, wie die Datei ist, "
        "bis zum letzten Byte.\n\nGibt die ID der Nachricht aus, sobald der Server sie sicher hat. Ohne Verbindung "
        "kommt die Nachricht in die\nWarteschlange, das Programm sagt es und endet mit 75; sie "
        "geht hinaus, wenn weibel wieder verbunden ist.",
        "À est un ID, une adresse ou un chat tel que \"weibel chats\" le nomme. Sans TEXTE et sans fichier, le texte "
        "est\nlu sur l'entrée standard.\n\nUne image part sans ce qu'elle dit d'elle-même: où et quand elle a été "
        "prise, par quel appareil, et les\npetites images qu'elle contient. Avec --as-is elle part telle qu'est le "
        "fichier, à "
        "l'octet près.\n\nAffiche l'ID du message dès que le serveur l'a en sûreté. Sans connexion, "
        "le message attend, le programme\nle dit et se termine par 75; il part à la prochaine connexion de weibel.",
        "A è un ID, un indirizzo o una chat come la chiama \"weibel chats\". Senza TESTO e senza file il testo è "
        "letto\ndallo standard input.\n\nUn'immagine parte senza ciò che dice di sé: dove e quando è stata scattata, "
        "con quale fotocamera, e le\nimmagini più piccole che contiene. Con --as-is parte così com'è il file, fino "
        "all'ultimo byte.\n\nStampa l'ID del messaggio non appena il server lo ha al sicuro. Senza "
        "connessione il messaggio resta in\ncoda, il programma lo dice e termina con 75; parte alla prossima "
        "connessione di weibel." } },
    { { "MESSAGE TEXT", "NACHRICHT TEXT", "MESSAGE TEXTE", "MESSAGGIO TESTO" } },
    { { "Change what you have written", "Ändern, was Sie geschrieben haben", "Modifier ce que vous avez écrit",
        "Modificare ciò che ha scritto" } },
    { { "Everybody sees the new text, and that it was changed. Whom it mentions anew is called.",
        "Alle sehen den neuen Text und dass er geändert wurde. Wer darin neu erwähnt ist, wird aufmerksam gemacht.",
        "Tout le monde voit le nouveau texte, et qu'il a été modifié. Qui n'y était pas mentionné est averti.",
        "Tutti vedono il nuovo testo, e che è stato modificato. Chi vi è menzionato per la prima volta è avvisato." } },
    { { "Delete a whole chat from your devices", "Einen ganzen Chat von Ihren Geräten löschen",
        "Effacer un chat entier de vos appareils", "Cancellare un'intera chat dai Suoi dispositivi" } },
    { { "All of its messages go, on all of your devices, once you say --yes. The others keep what they have; "
        "if\nsomebody writes again, the chat comes back with what is new. A group is left first (weibel group leave).",
        "Alle seine Nachrichten gehen, auf allen Ihren Geräten, sobald Sie --yes sagen. Die anderen behalten, was\nsie "
        "haben; schreibt jemand wieder, kommt der Chat mit dem Neuen zurück. Eine Gruppe wird zuerst "
        "verlassen\n(weibel group leave).",
        "Tous ses messages s'en vont, sur tous vos appareils, dès que vous dites --yes. Les autres gardent ce "
        "qu'ils\nont; si quelqu'un écrit de nouveau, le chat revient avec ce qui est nouveau. On quitte d'abord un "
        "groupe\n(weibel group leave).",
        "Tutti i suoi messaggi se ne vanno, su tutti i Suoi dispositivi, appena dice --yes. Gli altri tengono ciò "
        "che\nhanno; se qualcuno scrive di nuovo, la chat torna con ciò che è nuovo. Un gruppo va prima "
        "lasciato\n(weibel group leave)." } },
    { { "Delete a message, for everyone or for you", "Eine Nachricht löschen, für alle oder für Sie",
        "Effacer un message, pour tous ou pour vous", "Cancellare un messaggio, per tutti o per Lei" } },
    { { "For everyone: your own messages, and in groups that you administer those of others. What somebody\nhas copied "
        "meanwhile cannot be taken back.",
        "Für alle: Ihre eigenen Nachrichten, und in Gruppen, die Sie verwalten, auch die anderer. Was "
        "jemand\ninzwischen kopiert hat, lässt sich nicht zurückholen.",
        "Pour tous: vos propres messages et, dans les groupes que vous administrez, ceux des autres. Ce que\nquelqu'un "
        "a copié entre-temps ne peut pas être repris.",
        "Per tutti: i Suoi messaggi e, nei gruppi che Lei amministra, quelli degli altri. Ciò che qualcuno\nha copiato "
        "nel frattempo non si può riprendere." } },
    { { "MESSAGE EMOJI", "NACHRICHT EMOJI", "MESSAGE EMOJI", "MESSAGGIO EMOJI" } },
    { { "React to a message with a sign", "Mit einem Zeichen auf eine Nachricht reagieren",
        "Réagir à un message par un signe", "Reagire a un messaggio con un segno" } },
    { { "Any emoji will do. --remove takes it back.", "Jedes Emoji ist möglich. --remove nimmt es zurück.",
        "Tout emoji convient. --remove le retire.", "Va bene ogni emoji. --remove lo ritira." } },
    { { "MESSAGE TO", "NACHRICHT AN", "MESSAGE À", "MESSAGGIO A" } },
    { { "Send a message on to somebody else", "Eine Nachricht weiterleiten", "Transférer un message",
        "Inoltrare un messaggio" } },
    { { "Files are not sent again: the receiver fetches what is on the server already.",
        "Dateien werden nicht noch einmal gesendet: geholt wird, was schon auf dem Server ist.",
        "Les fichiers ne sont pas envoyés à nouveau: le destinataire prend ce qui est déjà sur le serveur.",
        "I file non sono inviati di nuovo: chi riceve prende ciò che è già sul server." } },
    { { "Try again to send what could not be sent", "Noch einmal zu senden versuchen, was nicht gesendet werden konnte",
        "Essayer à nouveau d'envoyer ce qui n'a pas pu l'être",
        "Provare di nuovo a inviare ciò che non è stato possibile inviare" } },
    { { "For messages that history shows as not sent.", "Für Nachrichten, die history als nicht gesendet zeigt.",
        "Pour les messages que history montre comme non envoyés.",
        "Per i messaggi che history mostra come non inviati." } },
    { { "Show who has received and read a message", "Anzeigen, wer eine Nachricht erhalten und gelesen hat",
        "Montrer qui a reçu et lu un message", "Mostrare chi ha ricevuto e letto un messaggio" } },
    { { "Who does not want to tell is listed without times.", "Wer es nicht sagen will, ist ohne Zeiten aufgeführt.",
        "Les personnes qui ne veulent pas le dire sont citées sans heures.",
        "Chi non vuole dirlo è elencato senza orari." } },
    { { "TO QUESTION OPTION...", "AN FRAGE OPTION...", "À QUESTION OPTION...", "A DOMANDA OPZIONE..." } },
    { { "Ask a question with options to choose from", "Eine Frage mit Optionen zur Auswahl stellen",
        "Poser une question avec des options à choix", "Porre una domanda con opzioni a scelta" } },
    { { "Everybody in the chat sees who has chosen what.", "Alle im Chat sehen, wer was gewählt hat.",
        "Tout le monde dans le chat voit qui a choisi quoi.", "Tutti nella chat vedono chi ha scelto che cosa." } },
    { { "End a poll of your own", "Eine eigene Umfrage beenden", "Clore un de vos sondages",
        "Chiudere un proprio sondaggio" } },
    { { "Nobody can vote from then on.", "Von da an kann niemand mehr abstimmen.",
        "Plus personne ne peut voter ensuite.", "Da quel momento nessuno può più votare." } },
    { { "MESSAGE NUMBER...", "NACHRICHT NUMMER...", "MESSAGE NUMÉRO...", "MESSAGGIO NUMERO..." } },
    { { "Choose among the options of a poll", "Unter den Optionen einer Umfrage wählen",
        "Choisir parmi les options d'un sondage", "Scegliere tra le opzioni di un sondaggio" } },
    { { "The numbers count from 1, as history shows them. They take the place of those chosen before; without\nany, "
        "the vote is taken back.",
        "Die Nummern zählen ab 1, wie history sie zeigt. Sie ersetzen die bisher gewählten; ohne Nummer wird "
        "die\nStimme zurückgenommen.",
        "Les numéros commencent à 1, comme history les montre. Ils remplacent ceux choisis avant; sans numéro, "
        "le\nvote est retiré.",
        "I numeri cominciano da 1, come li mostra history. Sostituiscono quelli scelti prima; senza numeri il\nvoto è "
        "ritirato." } },
    { { "TO LATITUDE LONGITUDE", "AN BREITE LÄNGE", "À LATITUDE LONGITUDE", "A LATITUDINE LONGITUDINE" } },
    { { "Send a place", "Einen Ort senden", "Envoyer un lieu", "Inviare un luogo" } },
    { { "In degrees; south and west are below 0 and stand after --.",
        "In Grad; Süden und Westen sind unter 0 und stehen nach --.",
        "En degrés; le sud et l'ouest sont au-dessous de 0 et se placent après --.",
        "In gradi; sud e ovest sono sotto 0 e vanno dopo --." } },
    { { "Print what is new since the last time", "Ausgeben, was seit dem letzten Mal neu ist",
        "Afficher ce qui est nouveau depuis la dernière fois", "Stampare ciò che è nuovo dall'ultima volta" } },
    { { "Asks the server and prints each message once; what was printed counts as seen. With --wait it waits "
        "for\nsomething new if there is nothing, with --follow it goes on. Without a connection it prints what "
        "has\narrived before, and ends with 75.",
        "Fragt den Server und gibt jede Nachricht einmal aus; was ausgegeben wurde, gilt als gesehen. Mit --wait "
        "wird\nauf Neues gewartet, wenn nichts da ist; mit --follow geht es weiter. Ohne Verbindung wird ausgegeben, "
        "was\nvorher eingetroffen ist, und das Programm endet mit 75.",
        "Interroge le serveur et affiche chaque message une fois; ce qui a été affiché compte comme vu. Avec --wait, "
        "la\ncommande attend du nouveau s'il n'y a rien; avec --follow, elle continue. Sans connexion, elle affiche ce "
        "qui\nest arrivé avant et se termine par 75.",
        "Chiede al server e stampa ogni messaggio una volta; ciò che è stato stampato vale come visto. Con "
        "--wait\nattende novità se non c'è nulla; con --follow continua. Senza connessione stampa ciò che è "
        "arrivato\nprima e termina con 75." } },
    { { "List the chats, the latest first", "Die Chats auflisten, die neusten zuerst",
        "Lister les chats, les plus récents d'abord", "Elencare le chat, le più recenti per prime" } },
    { { "A chat with one person is named by that person's ID, a group by g and a number that is valid here only.\nThe "
        "name of a group can be used too, if no other group has it.",
        "Ein Chat mit einer Person heisst nach deren ID, eine Gruppe nach g und einer Zahl, die nur hier gilt. Auch "
        "der\nName einer Gruppe geht, wenn keine andere ihn hat.",
        "Un chat avec une personne porte l'ID de celle-ci, un groupe g et un nombre valable ici seulement. Le "
        "nom\nd'un groupe convient aussi, si aucun autre ne l'a.",
        "Una chat con una persona si chiama con il suo ID, un gruppo con g e un numero valido solo qui. Va bene "
        "anche\nil nome di un gruppo, se nessun altro lo ha." } },
    { { "Show the messages of a chat again", "Die Nachrichten eines Chats noch einmal zeigen",
        "Montrer à nouveau les messages d'un chat", "Mostrare di nuovo i messaggi di una chat" } },
    { { "Reads what is kept on this device; asks nobody.", "Liest, was auf diesem Gerät liegt; fragt niemanden.",
        "Lit ce qui est sur cet appareil; ne demande à personne.",
        "Legge ciò che è su questo dispositivo; non chiede a nessuno." } },
    { { "Mark a chat as read", "Einen Chat als gelesen kennzeichnen", "Marquer un chat comme lu",
        "Segnare una chat come letta" } },
    { { "On your other devices too; the others are told, unless the settings say no.",
        "Auch auf Ihren anderen Geräten; die anderen erfahren es, wenn die Einstellungen es zulassen.",
        "Sur vos autres appareils aussi; les autres l'apprennent, sauf si les réglages disent non.",
        "Anche sugli altri Suoi dispositivi; gli altri lo sanno, salvo che le impostazioni dicano di no." } },
    { { "WORDS", "WÖRTER", "MOTS", "PAROLE" } },
    { { "Search in the messages on this device", "In den Nachrichten auf diesem Gerät suchen",
        "Chercher dans les messages de cet appareil", "Cercare nei messaggi su questo dispositivo" } },
    { { "Finds messages that have all the words, or words that begin so. Nobody is asked.",
        "Findet Nachrichten, die alle Wörter oder so beginnende enthalten. Niemand wird gefragt.",
        "Trouve les messages qui ont tous les mots, ou des mots qui commencent ainsi. Personne n'est interrogé.",
        "Trova i messaggi che hanno tutte le parole, o parole che cominciano così. Non si chiede a nessuno." } },
    { { "Fetch the files of a message", "Die Dateien einer Nachricht holen", "Aller chercher les fichiers d'un message",
        "Prendere i file di un messaggio" } },
    { { "MESSAGE is the ID that receive and history print. Files go to the current folder under the names that\ntheir "
        "sender gave them, unless --to names a folder or, for one file, a file. No file is overwritten:\nanother name "
        "is found (\"plan (1).pdf\"), or you are asked.",
        "NACHRICHT ist die ID, die receive und history ausgeben. Dateien kommen in den aktuellen Ordner, unter "
        "den\nNamen, die sie beim Senden hatten, ausser --to nennt einen Ordner oder, für eine Datei, eine Datei. "
        "Keine\nDatei wird überschrieben: es wird ein anderer Name gefunden (\"plan (1).pdf\"), oder Sie werden "
        "gefragt.",
        "MESSAGE est l'ID que receive et history affichent. Les fichiers vont dans le dossier courant sous les "
        "noms\nqu'ils avaient à l'envoi, sauf si --to nomme un dossier ou, pour un fichier, un fichier. Aucun fichier "
        "n'est\nécrasé: un autre nom est trouvé (\"plan (1).pdf\"), ou la question vous est posée.",
        "MESSAGGIO è l'ID che receive e history stampano. I file vanno nella cartella attuale con i nomi che "
        "avevano\nall'invio, salvo che --to indichi una cartella o, per un solo file, un file. Nessun file è "
        "sovrascritto:\nsi trova un altro nome (\"plan (1).pdf\"), oppure Le viene chiesto." } },
};

const struct words_table words_help = { rows, sizeof rows / sizeof rows[0] };
