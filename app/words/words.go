// Package words turns codes into texts for people, in their language.
//
// It is the one place to turn a [localapi.Problem] into sentences, so the window, the
// console, the tray and the page in the browser say the same. Texts are the JSON files
// in assets/i18n, one a language, in go-i18n's format. It knows no screen and no
// protocol.
package words

import (
	"cmp"
	"strconv"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/assets"
)

// Words is one language's texts. A test makes sure that every language has all of them,
// so none needs another behind it. It is safe for concurrent use.
type Words struct {
	tag   language.Tag
	texts texts
}

// New returns the texts in the first language of these (BCP 47, as in "de" or "de-AT")
// with texts, and English if none has any.
func New(languages ...string) *Words {
	tags := spoken()
	_, index := language.MatchStrings(language.NewMatcher(tags), languages...)
	tag := tags[index]
	return &Words{tag: tag, texts: textsOf(tag.String())}
}

// spoken are the languages with texts, English first: the others give way to it.
func spoken() []language.Tag {
	var tags []language.Tag
	for _, name := range assets.Languages() {
		tags = append(tags, language.Make(name))
	}
	return tags
}

// Language is the language of the texts, in BCP 47.
func (w *Words) Language() string { base, _ := w.tag.Base(); return base.String() }

// Text returns the text with this id. Pairs are placeholder names and values:
// Text("home.hello", "Name", "Ada"). An unknown id is returned as it is; a test makes
// sure there is none.
func (w *Words) Text(id string, pairs ...string) string {
	message, ok := w.texts.message(id)
	if !ok {
		return id
	}
	return filled(message.Other, pairs)
}

// Count is Text for a number of things; the placeholder Count holds it and
// chooses the plural form.
func (w *Words) Count(id string, n int) string {
	message, ok := w.texts.message(id)
	if !ok {
		return id
	}
	text := message.Other
	if plural.Cardinal.MatchPlural(w.tag, max(n, -n), 0, 0, 0, 0) == plural.One && message.One != "" {
		text = message.One
	}
	return filled(text, []string{"Count", strconv.Itoa(n)})
}

// filled is a text with the pairs' values for its placeholders, {{.Name}}. Of several
// with the same name the last counts. The texts use no other part of templates, and
// parsing templates takes longer than a command's other words together.
func filled(text string, pairs []string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{{.")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		var name string
		name, text, _ = strings.Cut(rest, "}}")
		value := "<no value>"
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] == name {
				value = pairs[i+1]
			}
		}
		b.WriteString(value)
	}
}

// Explanation is a problem in words: what happened, who can mend it, the next step.
type Explanation struct {
	// Title is one short line without a full stop.
	Title string
	// Text is a sentence or two more.
	Text string
	// Who names, as a whole sentence, the people who can mend it; "" for a problem that
	// passes by itself.
	Who string
	// Next is the next step, for the reader.
	Next string
	// IT is the task of the people who run the registration, "" for none.
	IT string
	// Details are lines for support, in English, ready to copy.
	Details []string
}

// Problem explains a problem.
func (w *Words) Problem(p *localapi.Problem) Explanation {
	if p == nil {
		return Explanation{}
	}
	pairs := w.placeholders(p)
	id := "problem." + string(p.Code)
	e := Explanation{
		Title: cmp.Or(w.ifAny(refused(p, id+".title"), pairs), w.Text(id+".title", pairs...)),
		Text:  cmp.Or(w.ifAny(refused(p, id+".text"), pairs), w.ifAny(unsaid(p, id+".text"), pairs), w.ifAny(ofStore(p, id+".text"), pairs), w.ifAny(within(p, id+".text"), pairs), w.ifAny(instead(p, id+".text"), pairs), w.Text(id+".text", pairs...)),
		Next:  cmp.Or(w.ifAny(inUse(p, id+".next"), pairs), w.ifAny(ofStore(p, id+".next"), pairs), w.Text(id+".next", pairs...)),
		IT:    w.forIT(p, pairs),
	}
	if how := p.Params["instead"]; how != "" && p.Code != localapi.PolicyUnclear {
		e.Text += " " + w.Text("policy.instead."+how)
	}
	if strays, err := strconv.Atoi(p.Params["strays"]); err == nil && strays > 0 {
		e.Text += " " + w.Count("strays", strays)
	}
	switch {
	case p.Code == localapi.SettingManaged:
		e.Who = w.Text("who.decided") // nothing is broken
	case p.Who() != localapi.Nobody:
		e.Who = w.Text("who." + string(p.Who()))
	}
	e.Details = details(p)
	return e
}

// Brief is a problem in one line, without its place, for the author of the faulty file;
// "" for a code that is no mistake in a file.
func (w *Words) Brief(p *localapi.Problem) string {
	pairs, id := w.placeholders(p), "problem."+string(p.Code)+".brief"
	text := cmp.Or(w.ifAny(within(p, id), pairs), w.ifAny(id, pairs))
	if text == "" {
		return ""
	}
	return w.hinted(p, text, pairs)
}

// Place is the problem's place in a file, with the line and the column if known.
func (w *Words) Place(p *localapi.Problem) string {
	if p.Params["line"] == "" {
		return p.Params["where"]
	}
	return w.Text("place", "where", p.Params["where"], "line", p.Params["line"], "column", p.Params["column"])
}

// ForIT is an explanation's IT with its addressee in front, for places without a
// heading of their own; "" if there is none.
func (w *Words) ForIT(e Explanation) string {
	if e.IT == "" {
		return ""
	}
	return w.Text("it.for", "Text", e.IT)
}

// forIT prefers the names in the provider's own dialect, and the words for the setting
// in question.
func (w *Words) forIT(p *localapi.Problem, pairs []string) string {
	id := "problem." + string(p.Code) + ".it"
	text := cmp.Or(w.ifAny(id+"."+p.Params["dialect"], pairs), w.ifAny(id+"."+p.Params["key"], pairs), w.ifAny(within(p, id), pairs), w.ifAny(instead(p, id), pairs), w.ifAny(id, pairs))
	if p.Code == localapi.ClientRejected {
		text = strings.TrimSpace(text + " " + w.proof(p, pairs))
	}
	if lack := p.Params["lack"]; lack != "" {
		text = strings.TrimSpace(text + " " + w.ifAny("it.lack."+lack, pairs))
	}
	if p.Params["script"] != "" {
		text = strings.TrimSpace(text + " " + w.Text("it.script", pairs...))
	}
	if p.Params["install"] != "" {
		text += " " + w.Text("it.install", pairs...)
	}
	return w.hinted(p, text, pairs)
}

// proof says what to look at when a client is refused despite a proof of its identity;
// "" for a client without one.
func (w *Words) proof(p *localapi.Problem, pairs []string) string {
	switch p.Params["method"] {
	case "client_secret_basic", "client_secret_post":
		return w.Text("it.secret", pairs...)
	case "private_key_jwt":
		return w.Text("it.key", pairs...)
	}
	return ""
}

// hinted is a text with the name probably meant.
func (w *Words) hinted(p *localapi.Problem, text string, pairs []string) string {
	if p.Params["suggestion"] != "" {
		text += " " + w.Text("it.suggestion", pairs...)
	}
	if p.Params["wanted"] != "" && p.Code != localapi.PolicyType {
		text += " " + w.Text("it.type", pairs...)
	}
	switch p.Params["hint"] {
	case "unquoted":
		text += " " + w.Text("it.unquoted")
	case "brackets":
		text += " " + w.Text("it.brackets", pairs...)
	case "addresses":
		text += " " + w.Text("it.addresses")
	}
	return strings.TrimSpace(text)
}

// inUse is the id of the words for something that nobody has just typed; "" if somebody
// may have.
func inUse(p *localapi.Problem, id string) string {
	if p.Params["in_use"] == "" {
		return ""
	}
	return id + ".in-use"
}

// refused is the id of the words for a refused password; "" for none.
func refused(p *localapi.Problem, id string) string {
	if p.Params["refused"] == "" {
		return ""
	}
	return id + ".refused"
}

// unsaid is the id of the words for a refusal without a reason; "" for one with a
// reason.
func unsaid(p *localapi.Problem, id string) string {
	if p.Params["unsaid"] == "" {
		return ""
	}
	return id + ".unsaid"
}

// ofStore is the id of the words for the effect of a key store's problem on a sign-in:
// either it is only in memory, or it was not renewed for fear of losing it; "" for
// neither.
func ofStore(p *localapi.Problem, id string) string {
	switch {
	case p.Params["unsaved"] != "":
		return id + ".unsaved"
	case p.Params["unspent"] != "":
		return id + ".unspent"
	}
	return ""
}

// instead is the id of the words for a source with something else in its place; "" if
// nothing is said of one.
func instead(p *localapi.Problem, id string) string {
	if p.Params["instead"] == "" {
		return ""
	}
	return id + ".instead"
}

// within is the id of the words about a part of something, or about a found type, if
// the problem names one; "" if not.
func within(p *localapi.Problem, id string) string {
	switch {
	case p.Params["field"] != "":
		return id + ".field"
	case p.Params["found"] != "":
		return id + ".found"
	}
	return ""
}

// ifAny is Text for an id that may not exist: "" then.
func (w *Words) ifAny(id string, pairs []string) string {
	if text := w.Text(id, pairs...); text != id {
		return text
	}
	return ""
}

// general are the parameters with general words for an unknown value.
func general() []string {
	return []string{
		"title", "host", "redirect", "client_id", "provider", "providers", "tenant", "issuer",
		"proxy", "wants", "lack_detail", "reason", "skew", "direction", "correlation_id", "domain", "by", "allowed", "where", "pid",
	}
}

// placeholders are a problem's known facts as pairs for [Words.Text]. A parameter that
// is a code becomes a word.
func (w *Words) placeholders(p *localapi.Problem) []string {
	var pairs []string
	for _, name := range general() {
		pairs = append(pairs, name, w.Text("fallback."+name))
	}
	if p.Details != nil && p.Details.CorrelationID != "" {
		pairs = append(pairs, "correlation_id", p.Details.CorrelationID)
	}
	for name, value := range p.Params {
		if name == "at" {
			value = cmp.Or(w.Place(p), value)
		}
		if name == "value" && value == `""` {
			pairs = append(pairs, name, "") // the words have quotes of their own
			continue
		}
		if name == "direction" && (value == "ahead" || value == "behind") {
			value = w.Text("direction." + value)
		}
		if form := w.ifAny("allowed."+p.Params["form"], []string{"min", p.Params["min"], "max", p.Params["max"]}); name == "allowed" && form != "" {
			value = form
		}
		if value != "" {
			pairs = append(pairs, name, value)
		}
	}
	return pairs
}

func details(p *localapi.Problem) []string {
	lines := []string{"Code: " + string(p.Code)}
	d := p.Details
	if d == nil {
		return lines
	}
	add := func(name, value string) {
		if value != "" {
			lines = append(lines, name+": "+value)
		}
	}
	add("Provider's code", strings.TrimSpace(d.OAuthError+" "+strings.Join(d.Numbers, " ")))
	add("Correlation id", d.CorrelationID)
	add("Trace id", d.TraceID)
	if !d.Time.IsZero() {
		add("Time", d.Time.UTC().Format("2006-01-02 15:04:05 UTC"))
	}
	add("Error", d.Error)
	return lines
}
