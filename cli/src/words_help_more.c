/* SPDX-License-Identifier: EUPL-1.2 */
/* The words of the help of commands for groups, contacts, devices and the home. */
#include "words.h"

static const struct words_row rows[] = {
    { { "NAME MEMBER...", "NAME MITGLIED...", "NOM MEMBRE...", "NOME MEMBRO..." } },
    { { "Make a group", "Eine Gruppe bilden", "Créer un groupe", "Creare un gruppo" } },
    { { "Each MEMBER is an ID or an address. Only members can see the group's name, its members and what is\nwritten "
        "in it. Prints what to call the group here.",
        "MITGLIED ist je eine ID oder eine Adresse. Nur Mitglieder sehen den Namen der Gruppe, ihre Mitglieder und "
        "was\ndarin geschrieben wird. Gibt aus, wie die Gruppe hier heisst.",
        "Chaque MEMBRE est un ID ou une adresse. Seuls les membres voient le nom du groupe, ses membres et ce qui "
        "y\nest écrit. Affiche comment le groupe s'appelle ici.",
        "Ogni MEMBRO è un ID o un indirizzo. Solo i membri vedono il nome del gruppo, i suoi membri e ciò che vi "
        "si\nscrive. Stampa come si chiama qui il gruppo." } },
    { { "CHAT MEMBER...", "CHAT MITGLIED...", "CHAT MEMBRE...", "CHAT MEMBRO..." } },
    { { "Add people to a group", "Personen zu einer Gruppe hinzufügen", "Ajouter des personnes à un groupe",
        "Aggiungere persone a un gruppo" } },
    { { "They can read what is written from now on, not what was written before.",
        "Sie lesen, was ab jetzt geschrieben wird, nicht was vorher geschrieben wurde.",
        "Elles lisent ce qui est écrit dès maintenant, pas ce qui l'a été avant.",
        "Leggono ciò che si scrive da ora, non ciò che è stato scritto prima." } },
    { { "Remove people from a group", "Personen aus einer Gruppe entfernen", "Retirer des personnes d'un groupe",
        "Togliere persone da un gruppo" } },
    { { "They cannot read what is written from now on.", "Sie können nicht lesen, was ab jetzt geschrieben wird.",
        "Elles ne peuvent pas lire ce qui est écrit dès maintenant.",
        "Non possono leggere ciò che si scrive da ora." } },
    { { "Leave a group", "Eine Gruppe verlassen", "Quitter un groupe", "Lasciare un gruppo" } },
    { { "What was received stays on this device. With the link by which you are still about to join, that is given up.",
        "Was empfangen wurde, bleibt auf diesem Gerät. Mit dem Link, durch den Sie erst beitreten wollen, wird das "
        "aufgegeben.",
        "Ce qui a été reçu reste sur cet appareil. Avec le lien par lequel vous n'avez pas encore rejoint le groupe, "
        "vous y renoncez.",
        "Ciò che è stato ricevuto resta su questo dispositivo. Con il link con cui non è ancora entrato, vi "
        "rinuncia." } },
    { { "Show a group's members and state", "Mitglieder und Zustand einer Gruppe zeigen",
        "Montrer les membres et l'état d'un groupe", "Mostrare i membri e lo stato di un gruppo" } },
    { { "The check is equal for all members who have the same state of the group.",
        "Die Prüfung ist gleich für alle Mitglieder, die denselben Stand der Gruppe haben.",
        "Le contrôle est le même pour tous les membres qui ont le même état du groupe.",
        "Il controllo è uguale per tutti i membri che hanno lo stesso stato del gruppo." } },
    { { "CHAT NAME", "CHAT NAME", "CHAT NOM", "CHAT NOME" } },
    { { "Give a group another name", "Einer Gruppe einen anderen Namen geben", "Donner un autre nom à un groupe",
        "Dare un altro nome a un gruppo" } },
    { { "All members see it.", "Alle Mitglieder sehen ihn.", "Tous les membres le voient.",
        "Tutti i membri lo vedono." } },
    { { "CHAT TEXT", "CHAT TEXT", "CHAT TEXTE", "CHAT TESTO" } },
    { { "Say what a group is for", "Sagen, wozu eine Gruppe da ist", "Dire à quoi sert un groupe",
        "Dire a che cosa serve un gruppo" } },
    { { "CHAT [FILE]", "CHAT [DATEI]", "CHAT [FICHIER]", "CHAT [FILE]" } },
    { { "Set, save or remove a group's picture", "Das Bild einer Gruppe setzen, speichern oder entfernen",
        "Placer, enregistrer ou retirer l'image d'un groupe",
        "Impostare, salvare o togliere l'immagine di un gruppo" } },
    { { "FILE is JPEG, PNG or WebP of at most 48 KiB. With --to the picture that is there is saved.",
        "DATEI ist JPEG, PNG oder WebP von höchstens 48 KiB. Mit --to wird das vorhandene Bild gespeichert.",
        "FICHIER est en JPEG, PNG ou WebP, de 48 KiB au plus. Avec --to, l'image présente est enregistrée.",
        "FILE è JPEG, PNG o WebP di al massimo 48 KiB. Con --to si salva l'immagine presente." } },
    { { "CHAT MEMBER ROLE", "CHAT MITGLIED ROLLE", "CHAT MEMBRE RÔLE", "CHAT MEMBRO RUOLO" } },
    { { "Make a member owner, administrator or simple member",
        "Einem Mitglied eine Rolle geben: Leitung, Verwaltung oder einfaches Mitglied",
        "Donner un rôle à un membre: propriétaire, administrateur ou simple membre",
        "Dare un ruolo a un membro: titolare, amministratore o semplice membro" } },
    { { "ROLE is \"owner\", \"admin\" or \"member\". Owners alone give roles; administrators do everything else.",
        "ROLLE ist \"owner\" (Leitung), \"admin\" (Verwaltung) oder \"member\". Nur die Leitung vergibt Rollen; "
        "die\nVerwaltung darf alles andere.",
        "RÔLE est \"owner\", \"admin\" ou \"member\". Seuls les propriétaires donnent des rôles; les administrateurs "
        "font\ntout le reste.",
        "RUOLO è \"owner\", \"admin\" o \"member\". Solo i titolari danno ruoli; gli amministratori fanno tutto il "
        "resto." } },
    { { "Set what is possible in a group", "Einstellen, was in einer Gruppe möglich ist",
        "Régler ce qui est possible dans un groupe", "Impostare ciò che è possibile in un gruppo" } },
    { { "--expire lets what is written from now on disappear after that time, 0 ends it; this is there in chats "
        "with\none person too.",
        "--expire lässt verschwinden, was ab jetzt geschrieben wird, nach dieser Zeit; 0 beendet es. Das gibt es "
        "auch\nin Chats mit einer Person.",
        "--expire fait disparaître après ce délai ce qui est écrit dès maintenant, 0 y met fin; cela existe aussi "
        "dans\nles chats avec une personne.",
        "--expire fa sparire dopo quel tempo ciò che si scrive da ora, 0 vi pone fine; questo c'è anche nelle "
        "chat\ncon una persona." } },
    { { "Make a link by which people can join, or take it back", "Einen Link zum Beitreten machen oder zurücknehmen",
        "Créer un lien pour se joindre, ou le retirer", "Creare un link per aderire, o ritirarlo" } },
    { { "Prints the link, and on a terminal its QR code. Whoever has it can join; --off ends that.",
        "Gibt den Link aus, im Terminal auch seinen QR-Code. Wer ihn hat, kann beitreten; --off beendet das.",
        "Affiche le lien et, dans un terminal, son code QR. Toute personne qui l'a peut se joindre; --off y met fin.",
        "Stampa il link e, in un terminale, il suo codice QR. Chi lo ha può aderire; --off vi pone fine." } },
    { { "Join a group by its link", "Einer Gruppe über ihren Link beitreten", "Se joindre à un groupe par son lien",
        "Aderire a un gruppo con il suo link" } },
    { { "You can read what is written from then on.", "Sie lesen, was von da an geschrieben wird.",
        "Vous lisez ce qui est écrit dès ce moment.", "Può leggere ciò che si scrive da quel momento." } },
    { { "List the groups that you are joining by a link", "Die Gruppen auflisten, denen Sie über einen Link beitreten",
        "Lister les groupes que vous rejoignez par un lien", "Elencare i gruppi a cui aderisce con un link" } },
    { { "When the connection is lost while you join, it is not known at first whether you are in. That is found\n"
        "out, or begun again, with the next connection. \"weibel group leave LINK\" gives it up.",
        "Bricht die Verbindung beim Beitreten ab, ist zuerst nicht bekannt, ob Sie dabei sind. Das zeigt sich mit\n"
        "der nächsten Verbindung, oder der Beitritt beginnt neu. \"weibel group leave LINK\" gibt ihn auf.",
        "Si la connexion est perdue pendant que vous rejoignez le groupe, on ne sait d'abord pas si vous en êtes.\n"
        "La prochaine connexion le montre, ou tout recommence. \"weibel group leave LIEN\" y renonce.",
        "Se la connessione cade mentre aderisce, all'inizio non si sa se Lei ne fa parte. Lo mostra la prossima\n"
        "connessione, oppure si ricomincia. \"weibel group leave LINK\" vi rinuncia." } },
    { { "List the people you know", "Die Personen auflisten, die Sie kennen",
        "Lister les personnes que vous connaissez", "Elencare le persone che conosce" } },
    { { "Everybody you have written with, with how far the identity is vouched for.",
        "Alle, mit denen Sie sich geschrieben haben, und wie weit ihre Identität verbürgt ist.",
        "Toutes les personnes avec qui vous avez correspondu, et à quel point leur identité est garantie.",
        "Tutte le persone con cui ha corrisposto, e quanto è garantita la loro identità." } },
    { { "ID [NAME]", "ID [NAME]", "ID [NOM]", "ID [NOME]" } },
    { { "Keep a person under a name of your own", "Einer Person einen eigenen Namen geben",
        "Garder une personne sous un nom à vous", "Tenere una persona sotto un nome Suo" } },
    { { "The name is seen on this device alone. A person you know already gets the new name.",
        "Den Namen sehen nur Sie. Wen Sie schon kennen, erhält den neuen Namen.",
        "Vous seul voyez ce nom. Une personne que vous connaissez déjà reçoit le nouveau nom.",
        "Il nome lo vede solo Lei. Una persona che conosce già riceve il nuovo nome." } },
    { { "Compare safety numbers with a person", "Sicherheitsnummern mit einer Person vergleichen",
        "Comparer les numéros de sécurité avec une personne", "Confrontare i numeri di sicurezza con una persona" } },
    { { "Without --code it shows the safety number of you two, and on a terminal the QR code that the other one\ncan "
        "scan. Compare it in person or on the phone; then, with --code, say what the other one sees: if it is\nthe "
        "same, the person is verified.",
        "Ohne --code zeigt der Befehl die Sicherheitsnummer von Ihnen beiden und im Terminal den QR-Code, den die "
        "andere\nPerson scannen kann. Vergleichen Sie sie persönlich oder am Telefon; sagen Sie dann mit --code, was "
        "die andere\nPerson sieht: ist es dasselbe, so ist die Person geprüft.",
        "Sans --code, la commande montre votre numéro de sécurité commun et, dans un terminal, le code QR que "
        "l'autre\npersonne peut scanner. Comparez-le de vive voix ou au téléphone; dites ensuite avec --code ce que "
        "l'autre\nvoit: si c'est pareil, la personne est vérifiée.",
        "Senza --code il comando mostra il numero di sicurezza di voi due e, in un terminale, il codice QR "
        "che\nl'altra persona può leggere. Lo confronti di persona o al telefono; poi dica con --code che cosa "
        "vede\nl'altra: se è uguale, la persona è verificata." } },
    { { "Take nothing from a person any more", "Von einer Person nichts mehr annehmen",
        "Ne plus rien accepter d'une personne", "Non accettare più nulla da una persona" } },
    { { "The person is not told.", "Die Person erfährt es nicht.", "La personne n'en est pas informée.",
        "La persona non ne è informata." } },
    { { "Take messages from a person again", "Von einer Person wieder Nachrichten annehmen",
        "Accepter à nouveau les messages d'une personne", "Accettare di nuovo i messaggi di una persona" } },
    { { "What was written meanwhile is lost.", "Was inzwischen geschrieben wurde, ist verloren.",
        "Ce qui a été écrit entre-temps est perdu.", "Ciò che è stato scritto nel frattempo è perduto." } },
    { { "Accept a stranger, or a changed identity key",
        "Eine unbekannte Person oder einen geänderten Schlüssel annehmen",
        "Accepter une personne inconnue, ou une clé d'identité modifiée",
        "Accettare una persona sconosciuta, o una chiave d'identità cambiata" } },
    { { "Of a changed key: ask in person first whether it is his, as somebody else may stand in between.",
        "Bei einem geänderten Schlüssel: fragen Sie zuerst persönlich nach, denn jemand könnte dazwischenstehen.",
        "Pour une clé modifiée: demandez d'abord de vive voix, car quelqu'un peut s'être interposé.",
        "Per una chiave cambiata: chieda prima di persona, perché qualcuno può essersi messo in mezzo." } },
    { { "Refuse a stranger who wants to write with you", "Eine unbekannte Person abweisen, die Ihnen schreiben will",
        "Refuser une personne inconnue qui veut vous écrire",
        "Rifiutare una persona sconosciuta che vuole scriverle" } },
    { { "The person is blocked, and not told.", "Die Person ist blockiert und erfährt es nicht.",
        "La personne est bloquée et n'en est pas informée.", "La persona è bloccata e non ne è informata." } },
    { { "Take a person off the list", "Eine Person von der Liste nehmen", "Retirer une personne de la liste",
        "Togliere una persona dall'elenco" } },
    { { "The chat stays (see weibel forget), and the person can go on writing to you (see weibel contact "
        "block).\nWhether the person was verified or is blocked is kept.",
        "Der Chat bleibt (siehe weibel forget), und die Person kann Ihnen weiter schreiben (siehe weibel "
        "contact\nblock). Ob sie geprüft oder blockiert ist, wird behalten.",
        "Le chat reste (voir weibel forget), et la personne peut continuer à vous écrire (voir weibel contact "
        "block).\nLe fait qu'elle soit vérifiée ou bloquée est gardé.",
        "La chat resta (vedi weibel forget), e la persona può continuare a scriverle (vedi weibel contact block). Se "
        "è\nverificata o bloccata viene ricordato." } },
    { { "List the devices of this account", "Die Geräte dieses Kontos auflisten", "Lister les appareils de ce compte",
        "Elencare i dispositivi di questo conto" } },
    { { "Each has keys of its own.", "Jedes hat eigene Schlüssel.", "Chacun a ses propres clés.",
        "Ognuno ha chiavi proprie." } },
    { { "Let another device into this account", "Ein weiteres Gerät in dieses Konto lassen",
        "Relier un autre appareil à ce compte", "Collegare un altro dispositivo a questo conto" } },
    { { "Prints a link, and on a terminal its QR code, for \"weibel activate\" on the new device, and waits until "
        "it\nis there. The link holds your account: show it to nobody. With --history the new device gets "
        "the\nmessages too.",
        "Gibt einen Link aus, im Terminal auch seinen QR-Code, für \"weibel activate\" auf dem neuen Gerät, und "
        "wartet, bis\nes da ist. Der Link enthält Ihr Konto: zeigen Sie ihn niemandem. Mit --history erhält das neue "
        "Gerät auch\ndie Nachrichten.",
        "Affiche un lien et, dans un terminal, son code QR, pour \"weibel activate\" sur le nouvel appareil, et "
        "attend\nqu'il soit là. Le lien contient votre compte: ne le montrez à personne. Avec --history, le nouvel "
        "appareil\nreçoit aussi les messages.",
        "Stampa un link e, in un terminale, il suo codice QR, per \"weibel activate\" sul nuovo dispositivo, e "
        "attende\nche ci sia. Il link contiene il Suo conto: non lo mostri a nessuno. Con --history il nuovo "
        "dispositivo\nriceve anche i messaggi." } },
    { { "DEVICE", "GERÄT", "APPAREIL", "DISPOSITIVO" } },
    { { "Shut a device out of this account", "Ein Gerät aus diesem Konto ausschliessen",
        "Exclure un appareil de ce compte", "Escludere un dispositivo da questo conto" } },
    { { "It can read nothing that is written from then on. What it has it keeps.",
        "Es kann nichts mehr lesen, was von da an geschrieben wird. Was es hat, behält es.",
        "Il ne peut rien lire de ce qui est écrit ensuite. Ce qu'il a, il le garde.",
        "Non può leggere nulla di ciò che si scrive in seguito. Ciò che ha lo conserva." } },
    { { "Show and change settings, of the account or of a chat",
        "Einstellungen des Kontos oder eines Chats zeigen und ändern",
        "Montrer et modifier les réglages du compte ou d'un chat",
        "Mostrare e modificare le impostazioni del conto o di una chat" } },
    { { "Without options it shows what is set. They hold on all your devices.",
        "Ohne Optionen wird gezeigt, was eingestellt ist. Es gilt auf allen Ihren Geräten.",
        "Sans options, la commande montre ce qui est réglé. Cela vaut sur tous vos appareils.",
        "Senza opzioni mostra ciò che è impostato. Vale su tutti i Suoi dispositivi." } },
    { { "Change the passphrase of this device", "Die Passphrase dieses Geräts ändern",
        "Changer la phrase secrète de cet appareil", "Cambiare la passphrase di questo dispositivo" } },
    { { "Asks for the old one and, twice, for the new one.", "Fragt nach der alten und zweimal nach der neuen.",
        "Demande l'ancienne et, deux fois, la nouvelle.", "Chiede la vecchia e, due volte, la nuova." } },
    { { "Lock this device's data now", "Die Daten dieses Geräts jetzt sperren",
        "Verrouiller maintenant les données de cet appareil", "Bloccare ora i dati di questo dispositivo" } },
    { { "Views and commands that have it open end, and only a new one opens it again; a program that uses it by\n"
        "\"weibel rpc\" must unlock it.",
        "Ansichten und Befehle, die sie offen haben, enden, und erst ein neuer öffnet sie wieder; ein Programm, das\n"
        "\"weibel rpc\" benutzt, muss sie entsperren.",
        "Les vues et commandes qui les ont ouvertes se terminent, et seule une nouvelle les rouvre; un programme qui\n"
        "utilise \"weibel rpc\" doit les déverrouiller.",
        "Le viste e i comandi che li hanno aperti terminano, e solo uno nuovo li riapre; un programma che usa\n"
        "\"weibel rpc\" deve sbloccarli." } },
    { { "Write a backup of the account", "Eine Sicherung des Kontos schreiben", "Écrire une sauvegarde du compte",
        "Scrivere un backup del conto" } },
    { { "Identity, contacts, groups and settings, with --history the messages too, in one file that is sealed with\na "
        "passphrase of its own.",
        "Identität, Kontakte, Gruppen und Einstellungen, mit --history auch die Nachrichten, in einer Datei, die "
        "mit\neiner eigenen Passphrase versiegelt ist.",
        "L'identité, les contacts, les groupes et les réglages, avec --history aussi les messages, dans un "
        "fichier\nscellé par une phrase secrète à lui.",
        "Identità, contatti, gruppi e impostazioni, con --history anche i messaggi, in un file sigillato con "
        "una\npassphrase propria." } },
    { { "Make an account of a backup", "Aus einer Sicherung ein Konto machen", "Faire d'une sauvegarde un compte",
        "Fare di un backup un conto" } },
    { { "In a home where there is none yet. The device that the backup was made on should not be used any more.\n\n"
        "After an interruption the same command goes on. An activation link makes another device instead: the one\n"
        "that was begun may stand in \"weibel device list\" then, and never comes. Remove it there.",
        "In einem Verzeichnis, in dem es noch keines gibt. Das Gerät, von dem die Sicherung stammt, soll nicht "
        "mehr\nverwendet werden.\n\n"
        "Nach einem Unterbruch geht derselbe Befehl weiter. Ein Aktivierungslink bildet stattdessen ein anderes\n"
        "Gerät: Das begonnene kann dann in \"weibel device list\" stehen und kommt nie. Entfernen Sie es dort.",
        "Dans un dossier où il n'y en a pas encore. L'appareil d'où vient la sauvegarde ne doit plus être utilisé.\n\n"
        "Après une interruption, la même commande continue. Un lien d'activation fait en revanche un autre appareil:\n"
        "celui qui était commencé peut alors figurer dans \"weibel device list\" et ne vient jamais. Retirez-l'y.",
        "In una cartella dove non ce n'è ancora uno. Il dispositivo da cui viene il backup non va più usato.\n\n"
        "Dopo un'interruzione lo stesso comando continua. Un link di attivazione crea invece un altro dispositivo:\n"
        "quello iniziato può allora figurare in \"weibel device list\" e non arriva mai. Lo rimuova lì." } },
    { { "Keep a sealed copy of the account on the server", "Eine versiegelte Kopie des Kontos auf dem Server halten",
        "Garder une copie scellée du compte sur le serveur", "Tenere una copia sigillata del conto sul server" } },
    { { "It is kept up to date. The server cannot open it; whoever has the passphrase can, so choose a long one.",
        "Sie wird nachgeführt. Der Server kann sie nicht öffnen; wer die Passphrase hat, kann es: wählen Sie eine "
        "lange.",
        "Elle est tenue à jour. Le serveur ne peut pas l'ouvrir; qui a la phrase secrète le peut: choisissez-la "
        "longue.",
        "È tenuta aggiornata. Il server non può aprirla; chi ha la passphrase sì: ne scelga una lunga." } },
    { { "Delete the copy on the server", "Die Kopie auf dem Server löschen", "Effacer la copie sur le serveur",
        "Cancellare la copia sul server" } },
    { { "Nothing of it is left there.", "Dort bleibt nichts davon zurück.", "Il n'en reste rien là-bas.",
        "Là non ne resta nulla." } },
    { { "Make an account of the copy on the server", "Aus der Kopie auf dem Server ein Konto machen",
        "Faire de la copie sur le serveur un compte", "Fare della copia sul server un conto" } },
    { { "In a home where there is none yet; --server is needed.",
        "In einem Verzeichnis, in dem es noch keines gibt; --server ist nötig.",
        "Dans un dossier où il n'y en a pas encore; --server est nécessaire.",
        "In una cartella dove non ce n'è ancora uno; --server è necessario." } },
    { { "Speak JSON-RPC over standard input and output", "JSON-RPC über Standardeingabe und -ausgabe sprechen",
        "Parler JSON-RPC sur l'entrée et la sortie standard", "Parlare JSON-RPC su standard input e output" } },
    { { "One message a line in both directions, with events as notifications: the interface that all clients\nuse, "
        "described in docs/api.md. For scripts and bots. The home is unlocked first if a passphrase file is\ngiven; "
        "otherwise call \"unlock\".",
        "Eine Nachricht pro Zeile in beiden Richtungen, mit Ereignissen als Meldungen: die Schnittstelle aller "
        "Clients,\nbeschrieben in docs/api.md. Für Skripte und Bots. Das Verzeichnis wird zuerst entsperrt, wenn "
        "eine\nPassphrasendatei angegeben ist; sonst ist \"unlock\" aufzurufen.",
        "Un message par ligne dans les deux sens, avec les événements comme notifications: l'interface de tous "
        "les\nclients, décrite dans docs/api.md. Pour les scripts et les robots. Le dossier est d'abord déverrouillé "
        "si un\nfichier de phrase secrète est indiqué; sinon, appelez \"unlock\".",
        "Un messaggio per riga nei due sensi, con gli eventi come notifiche: l'interfaccia di tutti i "
        "client,\ndescritta in docs/api.md. Per script e bot. La cartella è prima sbloccata se è indicato un file "
        "di\npassphrase; altrimenti chiami \"unlock\"." } },
};

const struct words_table words_help_more = { rows, sizeof rows / sizeof rows[0] };
