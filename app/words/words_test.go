package words

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/assets"
	"github.com/portico-desktop/portico/auth/network/proxyauth"
)

// languages are those that Portico speaks besides English.
func languages() []string { return []string{"de"} }

// textsIn reads the messages of one language, plural forms as one text each.
func textsIn(t *testing.T, language string) map[string]string {
	t.Helper()
	var messages map[string]any
	if err := json.Unmarshal([]byte(assets.Translation(language)), &messages); err != nil {
		t.Fatalf("%s.json: %v", language, err)
	}
	all := make(map[string]string)
	for id, message := range messages {
		switch m := message.(type) {
		case string:
			all[id] = m
		case map[string]any:
			for _, form := range slices.Sorted(maps.Keys(m)) {
				text, _ := m[form].(string)
				all[id+"#"+form] = text
			}
		}
	}
	return all
}

func TestEveryTranslationHasEveryMessage(t *testing.T) {
	english := textsIn(t, "en")
	if len(english) == 0 {
		t.Fatal("there are no English messages")
	}
	for _, language := range languages() {
		translated := textsIn(t, language)
		for _, id := range slices.Sorted(maps.Keys(english)) {
			text, there := translated[id]
			switch {
			case !there:
				t.Errorf("%s lacks %s", language, id)
			case strings.TrimSpace(text) == "":
				t.Errorf("%s: %s is empty", language, id)
			default:
				if diff := cmp.Diff(placeholders(english[id]), placeholders(text)); diff != "" {
					t.Errorf("%s: %s has other placeholders than in English (-en +%s):\n%s", language, id, language, diff)
				}
			}
		}
		for id := range translated {
			if _, there := english[id]; !there {
				t.Errorf("%s has %s, which English lacks", language, id)
			}
		}
	}
}

// Only the reason knows what becomes of the part: a contact is shown and opens nothing, an
// app is not shown. The frame says neither.
func TestFrameOfAnUnusedPartLeavesItToTheReason(t *testing.T) {
	frames := map[string][]string{
		"en": {"{{.field}} {{.reason}}.", "In the portal's description: {{.field}} {{.reason}}."},
		"de": {"Zu „{{.field}}“: {{.reason}}.", "In der Beschreibung des Portals, zu „{{.field}}“: {{.reason}}."},
	}
	for _, language := range append(languages(), "en") {
		texts := textsIn(t, language)
		if diff := cmp.Diff(frames[language], []string{texts["problem.manifest-unused.text"], texts["problem.manifest-unused.it"]}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", language, diff)
		}
	}
}

func placeholders(text string) []string {
	found := regexp.MustCompile(`\{\{\s*\.(\w+)\s*\}\}`).FindAllStringSubmatch(text, -1)
	names := []string{}
	for _, f := range found {
		names = append(names, f[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestEveryCodeIsExplained(t *testing.T) {
	for _, language := range append(languages(), "en") {
		messages := textsIn(t, language)
		for code := range localapi.Codes() {
			for _, part := range []string{"title", "text", "next"} {
				if id := "problem." + string(code) + "." + part; messages[id] == "" {
					t.Errorf("%s lacks %s", language, id)
				}
			}
		}
		for id := range messages {
			rest, ours := strings.CutPrefix(id, "problem.")
			code, _, _ := strings.Cut(rest, ".")
			if _, known := localapi.Codes()[localapi.Code(code)]; ours && !known {
				t.Errorf("%s: %s is about a code that does not exist", language, id)
			}
		}
	}
}

// TestWindowAndItsMessagesAreInStep holds the window's code and its messages
// together, in both directions.
func TestWindowAndItsMessagesAreInStep(t *testing.T) {
	used := make(map[string]bool)
	for _, folder := range []string{"../ui", "../../cmd/portico"} {
		for _, literal := range literals(t, folder) {
			if strings.HasPrefix(literal, "window.") && !strings.HasSuffix(literal, ".json") && !strings.HasSuffix(literal, ".lock") {
				used[literal] = true
			}
		}
	}
	if len(used) == 0 {
		t.Fatal("the window uses no messages")
	}
	known := make(map[string]bool)
	for id := range textsIn(t, "en") {
		id, _, _ := strings.Cut(id, "#")
		known[id] = true
	}
	for id := range used {
		if !known[id] {
			t.Errorf("the window uses %s, which does not exist", id)
		}
	}
	for id := range known {
		if strings.HasPrefix(id, "window.") && !used[id] && !used[strings.TrimSuffix(id, ".name")] {
			t.Errorf("nothing uses %s", id)
		}
	}
}

// literals are the strings in a folder's Go files, tests left out.
func literals(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if b, ok := n.(*ast.BasicLit); ok && b.Kind == token.STRING {
				if text, err := strconv.Unquote(b.Value); err == nil {
					found = append(found, text)
				}
			}
			return true
		})
	}
	return found
}

func TestProblemSaysWhatItKnows(t *testing.T) {
	for _, tc := range []struct {
		name     string
		language string
		problem  *localapi.Problem
		want     Explanation
	}{
		{
			name: "direction of a clock, English", language: "en",
			problem: &localapi.Problem{Code: localapi.ClockWrong, Params: map[string]string{"skew": "3 h 2 min", "direction": "ahead"}},
			want: Explanation{
				Title: "This computer's clock is wrong",
				Text:  "It is 3 h 2 min ahead. Signing in needs the right time.",
				Who:   "You can mend this yourself.",
				Next:  "Set the date and time, then try again.",
			},
		},
		{
			name: "direction of a clock, German", language: "de-AT",
			problem: &localapi.Problem{Code: localapi.ClockWrong, Params: map[string]string{"skew": "4 min", "direction": "behind"}},
			want: Explanation{
				Title: "Die Uhr dieses Computers geht falsch",
				Text:  "Sie geht 4 min nach. Für die Anmeldung muss die Zeit stimmen.",
				Who:   "Das können Sie selbst beheben.",
				Next:  "Stellen Sie Datum und Uhrzeit richtig und versuchen Sie es noch einmal.",
			},
		},
		{
			name: "a provider without a name", language: "en",
			problem: &localapi.Problem{Code: localapi.SignInAgain},
			want: Explanation{
				Title: "The sign-in service wants to see you again",
				Text:  "A rule of your organisation asks for a new sign-in. This is normal.",
				Who:   "You can mend this yourself.",
				Next:  "Sign in again.",
			},
		},
		{
			name: "passes by itself", language: "en",
			problem: &localapi.Problem{Code: localapi.ProviderUnreachable, Params: map[string]string{"host": "login.example"}},
			want: Explanation{
				Title: "login.example cannot be reached",
				Text:  "There is no connection to the sign-in service, or it is down.",
				Next:  "Check your network. Portico tries again by itself.",
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := New(tc.language).Problem(tc.problem)
			got.Details = nil
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// Words for a source in whose place something else counts do not say that nothing does.
func TestWhatCountsInsteadIsNotContradicted(t *testing.T) {
	for language, want := range map[string]string{
		"en": "Others than your IT team could have changed /etc/portico/policy.json. Until that is mended, what it said before counts.",
		"de": "Andere als Ihre IT könnten /etc/portico/policy.json geändert haben. Bis das behoben ist, gilt, was vorher darin stand.",
	} {
		e := New(language).Problem(&localapi.Problem{Code: localapi.PolicyUnsafe, Params: map[string]string{"where": "/etc/portico/policy.json", "instead": "all"}})
		if e.Text != want {
			t.Errorf("%s: %s", language, e.Text)
		}
	}
}

func TestLanguageIsTheFirstThatPorticoSpeaks(t *testing.T) {
	for _, tc := range []struct {
		asked []string
		want  string
	}{
		{nil, "en"}, {[]string{"de"}, "de"}, {[]string{"de-CH", "en"}, "de"}, {[]string{"xx", "de"}, "de"}, {[]string{"ja"}, "en"},
	} {
		if got := New(tc.asked...).Language(); got != tc.want {
			t.Errorf("New(%q).Language() = %q, want %q", tc.asked, got, tc.want)
		}
	}
}

// What IT has decided is no fault that somebody mends.
// Whoever has mistyped a proxy's password is told so, and IT what was missing besides.
func TestWhatAProxyWanted(t *testing.T) {
	w := New("en")
	p := &localapi.Problem{Code: localapi.ProxyWantsPassword, Params: map[string]string{"proxy": "proxy.example:3128", "wants": "Negotiate, Basic", "lack": "no-ticket", "lack_detail": "in FILE:/tmp/x"}}
	if e := w.Problem(p); !strings.Contains(e.Text, "without them") || !strings.Contains(e.IT, "FILE:/tmp/x") || !strings.Contains(e.IT, "klist") {
		t.Errorf("%+v", e)
	}
	p.Params["refused"] = "yes"
	if e := w.Problem(p); !strings.Contains(e.Title, "has not taken") {
		t.Errorf("%+v", e)
	}
	for _, lack := range []proxyauth.Lack{
		proxyauth.NoTicket, proxyauth.TicketEnded, proxyauth.NoService, proxyauth.KDCSilent, proxyauth.ClockWrong, proxyauth.NotHere, proxyauth.NotAllowed,
		proxyauth.NotVouched, proxyauth.LogOnRefused, proxyauth.Closed, proxyauth.Failing,
	} {
		p := &localapi.Problem{Code: localapi.ProxyLogOn, Params: map[string]string{"lack": string(lack)}}
		if bare := (&localapi.Problem{Code: localapi.ProxyLogOn}); w.Problem(p).IT == w.Problem(bare).IT {
			t.Errorf("nothing is said of %s", lack)
		}
	}
}

func TestADecisionIsNoFault(t *testing.T) {
	for language, fault := range map[string]string{"en": "mend", "de": "beheben"} {
		w := New(language)
		decided := w.Problem(&localapi.Problem{Code: localapi.SettingManaged, Params: map[string]string{"key": "Theme"}}).Who
		wrong := w.Problem(&localapi.Problem{Code: localapi.PolicyWrong}).Who
		if strings.Contains(decided, fault) || !strings.Contains(decided, "IT") || !strings.Contains(wrong, fault) {
			t.Errorf("%s: %q, %q", language, decided, wrong)
		}
	}
}

func TestStrayAnswersAreCounted(t *testing.T) {
	for language, want := range map[string][3]string{
		"en": {"The sign-in was not finished in time.", "One answer came that did not belong to this sign-in. It was ignored.", "3 answers came that did not belong to this sign-in. They were ignored."},
		"de": {"Die Anmeldung wurde nicht rechtzeitig abgeschlossen.", "Es kam eine Antwort, die nicht zu dieser Anmeldung gehört. Sie wurde nicht beachtet.", "Es kamen 3 Antworten, die nicht zu dieser Anmeldung gehören. Sie wurden nicht beachtet."},
	} {
		w := New(language)
		for strays, text := range map[string]string{"": want[0], "0": want[0], "x": want[0], "1": want[0] + " " + want[1], "3": want[0] + " " + want[2]} {
			p := &localapi.Problem{Code: localapi.TimedOut, Params: map[string]string{"strays": strays}}
			if got := w.Problem(p).Text; got != text {
				t.Errorf("%s, %q: %q, want %q", language, strays, got, text)
			}
		}
	}
}
