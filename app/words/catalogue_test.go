package words_test

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
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
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/session"
	"github.com/portico-desktop/portico/app/words"
	"github.com/portico-desktop/portico/assets"
	"github.com/portico-desktop/portico/auth"
)

var update = flag.Bool("update", false, "write REFUSALS.md anew")

// messages are one language's own texts, without English behind them.
func messages(t *testing.T, language string) map[string]string {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal([]byte(assets.Translation(language)), &all); err != nil {
		t.Fatal(err)
	}
	texts := make(map[string]string)
	for id, message := range all {
		if text, ok := message.(string); ok {
			texts[id] = text
		}
	}
	return texts
}

func refusals() []refusal {
	return slices.Concat(standardRefusals(), entraRefusals(), otherRefusals())
}

// places are who the words may be about: a provider of Entra's, one of the
// standard's, and one of which nothing is known.
func places() map[string]session.About {
	work := session.About{Title: "Microsoft 365", Provider: "work", Host: "login.example", ClientID: "APP-ID", Redirect: "http://localhost/"}
	entra := work
	entra.Dialect, work.Dialect = auth.Entra, auth.Standard
	return map[string]session.About{"entra": entra, "standard": work, "unknown": {}}
}

func TestEveryRefusalIsSaidInEveryLanguage(t *testing.T) {
	for _, language := range assets.Languages() {
		texts, w := messages(t, language), words.New(language)
		for place, about := range places() {
			for _, r := range refusals() {
				t.Run(language+"/"+place+"/"+r.says, func(t *testing.T) {
					p := session.Explain(r.err, about, time.Now())
					if p.Code != r.code {
						t.Errorf("code %s, want %s (%v)", p.Code, r.code, r.err)
					}
					if p.Details == nil || p.Details.Error == "" {
						t.Error("support has nothing to go by")
					}
					check(t, w, texts, p)
				})
			}
		}
		for code, params := range ownProblems() {
			t.Run(language+"/"+string(code), func(t *testing.T) {
				check(t, w, texts, &localapi.Problem{Code: code, Params: params})
			})
		}
	}
}

// check holds one problem's words to what all of them promise.
func check(t *testing.T, w *words.Words, texts map[string]string, p *localapi.Problem) {
	t.Helper()
	e := w.Problem(p)
	id := "problem." + string(p.Code)
	for part, text := range map[string]string{"title": e.Title, "text": e.Text, "next": e.Next} {
		if texts[id+"."+part] == "" {
			t.Errorf("there is no %s.%s in this language", id, part)
		}
		if jargon := jargonIn(text); jargon != "" {
			t.Errorf("%s.%s says %q: %s", id, part, jargon, text)
		}
		filled(t, id+"."+part, texts, p, text)
	}
	if strings.HasSuffix(e.Title, ".") || len([]rune(e.Title)) > 70 {
		t.Errorf("%s.title is no title: %q", id, e.Title)
	}
	if who := p.Who(); (who == localapi.Nobody) != (e.Who == "") {
		t.Errorf("who can mend it: %q for %q", e.Who, who)
	}
	if (w.ForIT(e) == "") != (e.IT == "") || e.IT != "" && !strings.Contains(w.ForIT(e), e.IT) {
		t.Errorf("said to IT: %q for %q", w.ForIT(e), e.IT)
	}
	if p.Who() == localapi.YourIT && e.IT == "" {
		t.Errorf("IT is to mend %s and is told nothing", p.Code)
	}
	for _, variant := range []string{".it", ".it.entra", ".it." + p.Params["key"]} {
		filled(t, id+variant, texts, p, e.IT)
	}
	if !slices.Contains(e.Details, "Code: "+string(p.Code)) {
		t.Errorf("the details do not name the code: %q", e.Details)
	}
}

// filled says whether every placeholder of a text gets something to stand there.
func filled(t *testing.T, id string, texts map[string]string, p *localapi.Problem, text string) {
	t.Helper()
	if strings.Contains(text, "{{") || strings.Contains(text, "<no value>") {
		t.Errorf("%s has an unfilled place: %s", id, text)
	}
	for _, found := range regexp.MustCompile(`\{\{(.*?)\}\}`).FindAllStringSubmatch(texts[id], -1) {
		name := strings.TrimPrefix(strings.TrimSpace(found[1]), ".")
		if p.Params[name] == "" && texts["fallback."+name] == "" {
			t.Errorf("%s: nothing fills %q", id, name)
		}
	}
}

// jargonIn finds a word of the trade that people should not have to read, outside
// of the details and of what is said to IT.
func jargonIn(text string) string {
	trade := regexp.MustCompile(`(?i)\b(token|o-?auth|openid|oidc|loopback|aadsts\w*|redirect\w*|uris?|clients?|scopes?|tenants?|mandant\w*|` +
		`grants?|nonce|jwt|pkce|issuer|authority|endpoint|metadata|metadaten|manifest|dns|http status|secret|geheimnis\w*)\b`)
	return trade.FindString(text)
}

// Reasons and codes are one list: what the engine can say, the contract has words
// for, and no code of the contract is left without an error that leads to it.
func TestReasonsAndCodesAreInStep(t *testing.T) {
	met := make(map[localapi.Code]bool)
	for _, r := range refusals() {
		met[r.code] = true
	}
	own := ownProblems()
	codes := localapi.Codes()
	for name, reason := range reasons(t) {
		if reason == "" {
			continue // no error
		}
		if _, there := codes[localapi.Code(reason)]; !there {
			t.Errorf("%s (%q) has no code in app/localapi", name, reason)
		}
		if !met[localapi.Code(reason)] {
			t.Errorf("%s (%q) is in none of the catalogue's rows", name, reason)
		}
	}
	known := slices.Collect(maps.Values(reasons(t)))
	for code := range codes {
		_, ours := own[code]
		engine := slices.Contains(known, string(code))
		if ours == engine {
			t.Errorf("%s: a problem of the app's own: %v, a reason of the engine: %v", code, ours, engine)
		}
	}
}

// reasons reads the constants of type Reason from the engine's source.
func reasons(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../auth/refusal.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]string)
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Names) != 1 || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, "Reason") {
			return true
		}
		if literal, ok := spec.Values[0].(*ast.BasicLit); ok {
			found[spec.Names[0].Name], _ = strconv.Unquote(literal.Value)
		}
		return true
	})
	if len(found) < 50 {
		t.Fatalf("only %d reasons were read", len(found))
	}
	return found
}

// Every number that the engine knows is in the catalogue.
func TestEveryNumberIsInTheCatalogue(t *testing.T) {
	source, err := os.ReadFile("../../auth/entranumbers.go")
	if err != nil {
		t.Fatal(err)
	}
	listed := make(map[string]bool)
	for _, row := range entraRows() {
		for _, number := range row.numbers {
			listed[fmt.Sprintf("AADSTS%d", number)] = true
		}
	}
	known := regexp.MustCompile(`AADSTS[0-9]+`).FindAllString(string(source), -1)
	for _, number := range known {
		if !listed[number] {
			t.Errorf("%s is known to the engine and in no row", number)
		}
	}
	for number := range listed {
		if !slices.Contains(known, number) {
			t.Errorf("%s is in a row and not known to the engine", number)
		}
	}
}

// What to click has to hold the values that IT needs, in the words of the page on
// which they are entered.
func TestWrongRegistrationSaysWhatToClick(t *testing.T) {
	r := said(atBrowser, "invalid_request", 50011)
	for _, tc := range []struct {
		language, place string
		want            string
	}{
		{"en", "entra", "Microsoft Entra admin center → App registrations → APP-ID → Authentication → Add a platform → Mobile and desktop applications → http://localhost/"},
		{"en", "standard", "Add exactly this redirect URI to the provider's registration of APP-ID, as a native (desktop) app: http://localhost/"},
		{"de", "entra", "Microsoft Entra Admin Center → App-Registrierungen → APP-ID → Authentifizierung → Plattform hinzufügen → Mobilgerät- und Desktopanwendungen → http://localhost/"},
	} {
		got := words.New(tc.language).Problem(session.Explain(r.err, places()[tc.place], time.Now())).IT
		if got != tc.want {
			t.Errorf("%s, %s:\n%s\nwant\n%s", tc.language, tc.place, got, tc.want)
		}
	}
	policy := said(atBrowser, "access_denied", 53003)
	got := words.New("en").Problem(session.Explain(policy.err, places()["entra"], time.Now()))
	if !strings.Contains(got.IT, correlated) || !slices.Contains(got.Details, "Trace id: trace") {
		t.Errorf("the provider's own ids are not passed on: %q, %q", got.IT, got.Details)
	}
}

// REFUSALS.md is the catalogue for people who look something up.
func TestTableOfRefusalsIsInStep(t *testing.T) {
	const file = "REFUSALS.md"
	want := table()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(filepath.FromSlash(file))
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(strings.Split(want, "\n"), strings.Split(string(got), "\n")); diff != "" {
		t.Errorf("%s is not what the code says; go test ./app/words -run Table -update writes it anew (-code +file):\n%s", file, diff)
	}
}

func table() string {
	english, about := words.New("en"), places()["standard"]
	behind := make(map[localapi.Code][]string)
	problems := make(map[localapi.Code]*localapi.Problem)
	for _, r := range refusals() {
		behind[r.code] = append(behind[r.code], r.says)
		if problems[r.code] == nil {
			problems[r.code] = session.Explain(r.err, about, time.Time{})
			problems[r.code].Details.CorrelationID = "CORRELATION-ID"
		}
	}
	for code, params := range ownProblems() {
		problems[code] = &localapi.Problem{Code: code, Params: params}
	}
	var b strings.Builder
	b.WriteString(heading)
	for _, code := range ordered(problems) {
		p := problems[code]
		e := english.Problem(p)
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %d |\n", code, says(behind[code]), e.Title, p.Who(), e.Next, p.Exit())
	}
	b.WriteString(headingIT)
	for _, code := range ordered(problems) {
		p := problems[code]
		general := english.Problem(p).IT
		p.Params = maps.Clone(p.Params)
		if p.Params == nil {
			p.Params = make(map[string]string)
		}
		p.Params["dialect"] = string(auth.Entra)
		entra := english.Problem(p).IT
		if general == entra {
			entra = ""
		}
		if general != "" {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", code, general, entra)
		}
	}
	return b.String()
}

const heading = `# What can go wrong, and what is said about it

Written by a test from the engine's errors (` + "`auth.ReasonOf`" + `), the contract's codes (` + "`app/localapi`" + `) and the texts
(` + "`assets/i18n`" + `): ` + "`go test ./app/words -run Table -update`" + `. The code is what ` + "`porticoctl --json`" + ` shows; *exit* is its exit
code. Decisions follow from the standards' errors, Entra's suberror (after a slash) and the HTTP status; a provider's own
numbers (AADSTS…) only choose between words, beside whatever error they come.

| code | what is behind it | what people read | who can mend it | next step | exit |
|---|---|---|---|---|---|
`

const headingIT = `
## What IT is told

It stands under the details, with this portal's own values. Where the provider is Microsoft Entra ID, the last column takes
the place of the one before.

| code | at any provider | at Microsoft Entra ID |
|---|---|---|
`

// ordered puts the codes in the order of their exit codes.
func ordered(problems map[localapi.Code]*localapi.Problem) []localapi.Code {
	return slices.SortedFunc(maps.Keys(problems), func(a, b localapi.Code) int {
		return cmp.Or(cmp.Compare(problems[a].Exit(), problems[b].Exit()), cmp.Compare(a, b))
	})
}

// says lists what leads to a code: the same error once, with all of its numbers.
func says(all []string) string {
	var names []string
	numbers := make(map[string][]string)
	for _, one := range all {
		name, number, has := strings.Cut(one, " AADSTS")
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		if has {
			numbers[name] = append(numbers[name], number)
		}
	}
	for i, name := range names {
		if answer, step, _ := strings.Cut(name, " "); strings.Contains(answer, "_") {
			names[i] = "`" + answer + "` " + step
		}
		if n := numbers[name]; len(n) > 0 {
			names[i] += " + AADSTS " + strings.Join(n, ", ")
		}
	}
	if len(names) == 0 {
		return "found by Portico itself"
	}
	return strings.Join(names, " · ")
}
