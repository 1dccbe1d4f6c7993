// Package german is the table of policies in German, for the administrators' template
// and for the console.
package german

import "github.com/portico-desktop/portico/app/policy"

// Text is a key's name and its description.
type Text struct{ Title, About string }

// Groups are the names of the groups of keys.
func Groups() map[string]string {
	return map[string]string{
		"portal": "Portal", "sign-in": "Anmeldung", "start": "Start", "window": "Fenster", "network": "Netzwerk", "support": "Support",
	}
}

// Texts are the texts of every key; a test makes sure that none is missing.
func Texts() map[policy.Name]Text {
	return map[policy.Name]Text{
		policy.PortalURL: {"Adresse des Portals",
			"Die Adresse des Portals, etwa https://portal.example.com. Ohne sie wird beim ersten Start danach gefragt."},
		policy.Providers: {"Anmeldedienste",
			"Eine Liste von Anmeldediensten, geschrieben wie im Manifest des Portals. Sie tritt an die Stelle der Liste im Manifest. Mit ihr meldet Portico auch ohne Portal an."},
		policy.Menus: {"Apps",
			"Eine Liste von Apps, geschrieben wie \"menus\" im Manifest des Portals. Sie wird vor denen des Manifests gezeigt."},
		policy.AllowedLinkSchemes: {"Weitere Link-Schemata",
			"Schemata, die Apps außer https, mailto und tel öffnen dürfen, etwa msteams. Andere werden nicht geöffnet."},
		policy.StatusURL: {"Statusseite",
			"Die Adresse des Status-Feeds. Sie gilt vor der des Manifests."},

		policy.SignInEnabled: {"Anmelden ist erlaubt",
			"Ist dies ausgeschaltet, kann sich niemand anmelden und niemand wird still angemeldet; wer gemerkt ist, bleibt gemerkt. Eingeschaltet, wenn nichts anderes festgelegt ist."},
		policy.AutoSignIn: {"Anmeldung beim ersten Start beginnen",
			"Öffnet den Browser einmal ohne Klick, nämlich beim ersten Start, bei dem niemand gemerkt ist. Sonst öffnet sich der Browser nie ohne Klick."},
		policy.DomainHint: {"Domänenhinweis",
			"Die E-Mail-Domäne der Organisation. Sie wird dem Anmeldedienst als domain_hint (Entra) oder hd (Google) mitgegeben, damit gleich die eigene Anmeldeseite erscheint. Ohne sie fragt der Anmeldedienst."},
		policy.AllowedDomains: {"Erlaubte E-Mail-Domänen",
			"Nur Konten mit einer Adresse in einer dieser Domänen werden zugelassen, und nur wenn der Anmeldedienst die Adresse als bestätigt bezeichnet oder der Mandant der der Organisation ist. Ohne sie entscheiden Anmeldedienst und Manifest."},
		policy.AllowedTenants: {"Erlaubte Entra-Mandanten",
			"Bei Entra-Anmeldediensten werden nur Konten dieser Verzeichnisse (angegeben als Mandanten-IDs) zugelassen. Ohne sie entscheidet das Manifest."},
		policy.RememberMe: {"Angemeldet bleiben",
			"Ob eine Anmeldung im Schlüsselspeicher aufbewahrt wird, damit der nächste Start still anmeldet. Wenn nichts festgelegt ist, entscheidet die Person; bis dahin bleibt sie angemeldet."},
		policy.TokenStore: {"Wo Anmeldungen aufbewahrt werden",
			"os ist der Schlüsselspeicher des Betriebssystems. file ist eine Datei, die nur die Person lesen kann, für Computer ohne Schlüsselspeicher: Sie schützt weniger, denn alles, was im Namen der Person läuft, kann sie lesen. memory behält nichts über das Ende des Agenten hinaus. os, wenn nichts anderes festgelegt ist."},
		policy.SignInTimeout: {"Zeit zum Anmelden",
			"Wie lange Portico auf die Rückkehr des Browsers wartet, 60 bis 3600 Sekunden. 300, wenn nichts anderes festgelegt ist."},
		policy.RedirectPorts: {"Ports für die Rückkehr aus dem Browser",
			"Ein Port oder ein Bereich, etwa 49200 oder 49200-49210, von dem ein freier auf der Loopback-Schnittstelle verwendet wird, für Firewalls, die das wissen wollen. Ein Port, den die Beschreibung eines Anmeldedienstes festlegt, gilt vor diesem. Sonst irgendein freier Port."},
		policy.PAR: {"Vorab übermittelte Anfragen (PAR)",
			"Ob das, was vom Anmeldedienst verlangt wird, direkt dorthin geht, bevor sich der Browser öffnet (RFC 9126). off: nie. on: wo der Anmeldedienst es anbietet, und durch den Browser, wo es dort misslingt. required: Ein Anmeldedienst, der es nicht anbietet oder bei dem es misslingt, wird nicht verwendet. manifest überlässt es \"par\" des jeweiligen Anmeldedienstes; fehlt das, gilt on. manifest, wenn nichts anderes festgelegt ist."},
		policy.DPoP: {"Besitznachweise (DPoP)",
			"Ob Anmeldungen an einen Schlüssel dieses Computers gebunden werden (RFC 9449). off: neue nicht. on: wo der Anmeldedienst es anbietet, und ohne, wo er gute Nachweise ablehnt, etwa hinter einem Proxy, der verschweigt, dass er TLS beendet. required: Ein Anmeldedienst, der es nicht anbietet oder bei dem es misslingt, wird nicht verwendet, und wer ohne angemeldet war, meldet sich neu an. manifest überlässt es \"dpop\" des jeweiligen Anmeldedienstes; fehlt das, gilt on. manifest, wenn nichts anderes festgelegt ist."},
		policy.Browser: {"Browser",
			"Der Browser, in dem Seiten geöffnet werden: ein Name aus \"porticoctl doctor\" (etwa firefox oder msedge) oder der ganze Pfad seiner Programmdatei. Sonst der Standardbrowser des Systems."},

		policy.Autostart: {"Beim Anmelden am Computer starten",
			"Ob Portico startet, wenn sich die Person am Computer anmeldet. Wenn nichts festgelegt ist, startet es, bis die Person es ausschaltet."},
		policy.StartHidden: {"Ohne Fenster starten",
			"Ob beim Start nur das Symbol im Infobereich erscheint und kein Fenster. Wenn nichts festgelegt ist, erscheint kein Fenster, bis die Person es will."},
		policy.KioskMode: {"Gemeinsam genutzter Computer",
			"Für einen Computer, den mehrere Menschen nacheinander benutzen: Niemand wird gemerkt (wie mit RememberMe never), die Einstellungen sind nicht änderbar, und Portico lässt sich nicht über den Infobereich beenden. Ausgeschaltet, wenn nichts anderes festgelegt ist."},
		policy.UpdateMode: {"Aktualisierungen",
			"Ob auf eine neuere Version hingewiesen wird. Portico installiert nie von selbst eine. off, wenn nichts anderes festgelegt ist."},
		policy.UpdateURL: {"Wo Aktualisierungen angekündigt werden",
			"Die Adresse der Ankündigung der neuesten Version."},

		policy.CloseToTray: {"Nach dem Schließen des Fensters im Infobereich bleiben",
			"Ob Portico im Infobereich bleibt, wenn sein Fenster geschlossen wird. Mit never beendet das Schließen des Fensters Portico. Wenn nichts festgelegt ist, bleibt es."},
		policy.Language: {"Sprache",
			"Die Sprache aller Texte; system ist die der Person. system, wenn nichts anderes festgelegt ist."},
		policy.Theme: {"Hell oder dunkel",
			"system folgt dem Desktop. system, wenn nichts anderes festgelegt ist."},
		policy.Notifications: {"Benachrichtigungen",
			"Ob Portico Benachrichtigungen zeigt. Wenn nichts festgelegt ist, zeigt es sie, bis die Person sie ausschaltet."},
		policy.QuietHours: {"Ruhezeiten",
			"Zeiten ohne Benachrichtigungen, etwa 18:00-07:00, nach der Uhr des Computers. Sonst keine."},
		policy.Hotkey: {"Tastenkombination",
			"Eine Tastenkombination, die das Fenster nach vorn holt, etwa Ctrl+Alt+P. Sonst keine."},

		policy.Proxy: {"Proxy",
			"Der Proxy für alle Anfragen, etwa http://proxy.example.com:8080, oder direct für keinen. Er gilt vor dem der Umgebung und dem des Systems. Er darf kein Passwort enthalten."},
		policy.ProxyAuth: {"Antworten an Proxys",
			"Womit einem Proxy geantwortet werden darf, der wissen will, wer da ist: negotiate (Kerberos, mit der Anmeldung am Computer), ntlm, digest und basic. Verwendet wird das stärkste davon, das der Proxy anbietet und das beantwortet werden kann. Sonst negotiate, digest und basic, unter Windows auch ntlm; ein Proxy, den nur das Netz selbst genannt hat (automatische Erkennung oder ein über http geladenes Skript), bekommt dann nichts als Kerberos. Eine Liste gilt für jeden Proxy, eine falsche wie negotiate allein. Außerhalb von Windows braucht ntlm einen Namen und ein Passwort."},
		policy.ExtraCAFile: {"Weitere Zertifizierungsstellen",
			"Eine PEM-Datei mit Zertifizierungsstellen, denen zusätzlich zu denen des Systems vertraut wird, etwa der eines Proxys, der TLS aufbricht."},

		policy.DeviceInfo: {"Geräteinformationen bei Anfragen",
			"Ob Angaben zum Computer mit einer Hilfeanfrage mitgehen. ask, wenn nichts anderes festgelegt ist."},
		policy.Screenshots: {"Bildschirmfotos bei Anfragen",
			"Ob eine Hilfeanfrage ein Bildschirmfoto haben darf."},
		policy.LogLevel: {"Protokoll",
			"Wie viel der Agent in seine Protokolldatei schreibt. Geheimnisse schreibt er auf keiner Stufe. info, wenn nichts anderes festgelegt ist."},
		policy.AuditLog: {"Aufzeichnung von Anmeldungen",
			"Wo Anmeldungen, Ablehnungen und Abmeldungen aufgezeichnet werden: file sind JSON-Zeilen neben dem Protokoll, system das Windows-Ereignisprotokoll oder syslog. file, wenn nichts anderes festgelegt ist."},
		policy.ManagedByName: {"Verwaltet von",
			"Der Name neben Einstellungen, die die Person nicht ändern kann. Ohne ihn steht dort \"Ihre Organisation\"."},
		policy.ManagedByURL: {"Seite über die Verwaltung",
			"Eine Seite, auf der steht, was verwaltet wird und warum; der Name ist dann ein Link."},
	}
}
