package auth

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/oauth2"

	"github.com/portico-desktop/portico/auth/network"
)

// carriedMark stands in the place of a value carried by a request.
const carriedMark = "[redacted]"

// carried are the secret values of a request: codes, tokens, verifiers, secrets,
// assertions, proofs. Providers, and the servers before them, repeat them in their
// refusals. Every answer passes mask before anybody sees it, so a value may look like
// anything.
type carried []string

// publicParameters are the parameters of our requests open to anybody. Everything else is
// masked, also parameters added one day.
func publicParameters() []string {
	return []string{
		"grant_type", "client_id", "client_assertion_type", "token_type_hint", "scope", "redirect_uri", "response_type", "response_mode", "prompt", "claims",
		"code_challenge_method", "login_hint", "domain_hint", "logout_hint", "access_type", "client_info", "audience", "resource",
	}
}

// carriedBy are the values of a request with a form, and of its client's credential.
func carriedBy(form url.Values, h http.Header, with credential) carried {
	values := carried{with.secret, h.Get("DPoP")}
	if _, credentials, ok := strings.Cut(h.Get("Authorization"), " "); ok {
		values = append(values, credentials)
	}
	for name, all := range form {
		if !slices.Contains(publicParameters(), name) {
			values = append(values, all...)
		}
	}
	return slices.DeleteFunc(values, func(v string) bool { return v == "" })
}

// pieceLength is how much of a value tells it: a piece of this length is masked in a
// text, however it was cut off. Shorter values have to stand there as a whole.
const pieceLength = 12

// longestEncoded bounds the values looked for in base64: no credential sent so is as
// long, and tokens with hundreds of groups would cost much memory.
const longestEncoded = 4 << 10

// mask takes the values out of a text, as they are and in the forms of addresses, pages,
// JSON and HTTP.
func (c carried) mask(text string) string {
	if text == "" || len(c) == 0 {
		return text
	}
	hidden := make([]bool, len(text))
	found := false
	hide := func(from, to int) {
		found = true
		for i := from; i < to; i++ {
			hidden[i] = true
		}
	}
	pieces := map[string]bool{}
	for _, form := range c.forms() {
		if len(form) < pieceLength {
			wholeWords(text, form, hide)
			continue
		}
		for i := 0; i+pieceLength <= len(form); i++ {
			pieces[form[i:i+pieceLength]] = true
		}
	}
	for i := 0; i+pieceLength <= len(text); i++ {
		if pieces[text[i:i+pieceLength]] {
			hide(i, i+pieceLength)
		}
	}
	if !found {
		return text
	}
	var b strings.Builder
	for i := range len(text) {
		switch {
		case !hidden[i]:
			b.WriteByte(text[i])
		case i == 0 || !hidden[i-1]:
			b.WriteString(carriedMark)
		}
	}
	return strings.ToValidUTF8(b.String(), "")
}

// forms are the values in every form they may come back in.
func (c carried) forms() []string {
	var all []string
	for _, v := range c {
		if v == "" {
			continue
		}
		quoted := strconv.Quote(v)
		inJSON, _ := json.Marshal(v) // texts never fail
		forms := []string{
			v, url.QueryEscape(v), url.PathEscape(v), html.EscapeString(v), quoted[1 : len(quoted)-1], string(inJSON[1 : len(inJSON)-1]),
		}
		if len(v) <= longestEncoded {
			forms = append(forms, base64.StdEncoding.EncodeToString([]byte(v)), base64.RawURLEncoding.EncodeToString([]byte(v)))
		}
		for _, form := range forms {
			all = append(all, form)
			if strings.Contains(form, "%") {
				all = append(all, lowerEscapes(form))
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// lowerEscapes turns %2B in a text into %2b (RFC 3986, section 2.1).
func lowerEscapes(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:i+3], bytes.ToLower(b[i+1:i+3]))
		}
	}
	return string(b)
}

// wholeWords finds a short value only if it is not a part of a longer word.
func wholeWords(text, value string, found func(from, to int)) {
	isWord := func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
	}
	for from := 0; ; {
		at := strings.Index(text[from:], value)
		if at < 0 {
			return
		}
		at += from
		end := at + len(value)
		if (at == 0 || !isWord(text[at-1]) || !isWord(value[0])) && (end == len(text) || !isWord(text[end]) || !isWord(value[len(value)-1])) {
			found(at, end)
		}
		from = at + 1
	}
}

// maskBody is mask for JSON, text by text, and for whatever else a body may be.
func (c carried) maskBody(body []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var value any
	if d.Decode(&value) != nil {
		return []byte(c.mask(string(body)))
	}
	masked, err := json.Marshal(c.maskValue(value))
	if err != nil {
		return nil
	}
	return masked
}

func (c carried) maskValue(value any) any {
	switch v := value.(type) {
	case string:
		return c.mask(v)
	case []any:
		for i := range v {
			v[i] = c.maskValue(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = c.maskValue(v[name])
		}
	}
	return value
}

// maskRefusal is for a refusal as it came, before it is cut to a length for people. The
// standard's own codes stay, in spite of the values.
func (c carried) maskRefusal(e *oauth2.RetrieveError) {
	if !isStandardCode(e.ErrorCode) {
		e.ErrorCode = c.mask(e.ErrorCode)
	}
	e.ErrorDescription, e.ErrorURI = c.mask(e.ErrorDescription), c.mask(e.ErrorURI)
	e.Body = c.maskBody(e.Body)
}

// maskValues is for a refusal through the browser (RFC 6749, section 4.1.2.1).
func (c carried) maskValues(v url.Values) url.Values {
	masked := make(url.Values, len(v))
	for name, all := range v {
		for _, value := range all {
			if name != "error" || !isStandardCode(value) {
				value = c.mask(value)
			}
			masked.Add(name, value)
		}
	}
	return masked
}

// maskError takes the values out of somebody else's words in an error of this package.
// Types stay as they are, and decisions by them too.
func (c carried) maskError(err error) error {
	var refused *ProviderError
	if errors.As(err, &refused) {
		if !isStandardCode(refused.Code) {
			refused.Code = c.mask(refused.Code)
		}
		for _, field := range []*string{
			&refused.Description, &refused.URI, &refused.Suberror, &refused.CorrelationID, &refused.TraceID, &refused.Claims,
		} {
			*field = c.mask(*field)
		}
	}
	var trust *TrustError
	if errors.As(err, &trust) {
		trust.Err = c.maskText(trust.Err)
	}
	var passing *UnavailableError
	if errors.As(err, &passing) {
		var fault *network.Fault
		if errors.As(passing.Err, &fault) {
			fault.Err = c.maskText(fault.Err)
		} else {
			passing.Err = c.maskText(passing.Err)
		}
	}
	return err
}

// maskText is an error with the same text, as far as it may be read. An error without a
// value in it stays itself.
func (c carried) maskText(err error) error {
	if err == nil {
		return nil
	}
	if text := err.Error(); c.mask(text) != text {
		return errors.New(c.mask(text))
	}
	return err
}

// tokensIn are those of an answer.
func tokensIn(t *oauth2.Token) carried {
	if t == nil {
		return nil
	}
	idToken, _ := t.Extra("id_token").(string)
	return carried{t.AccessToken, t.RefreshToken, idToken}
}
