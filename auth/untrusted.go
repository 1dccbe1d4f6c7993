package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	josejson "github.com/go-jose/go-jose/v4/json"

	"github.com/portico-desktop/portico/auth/fetch"
	"github.com/portico-desktop/portico/auth/plain"
)

// decodeStrict reads JSON that decisions depend on. Member names count as they are
// written and may be there only once: if a claim named SUB passed for sub, or the last of
// two won, anybody with the choice of one claim's name at the provider could choose the
// others as well (RFC 7519, section 4, and RFC 8725, section 2.4). Text other than UTF-8
// would be mended into text shared by two people.
func decodeStrict(raw []byte, into any) error {
	if !utf8.Valid(raw) {
		return errors.New("it is not UTF-8")
	}
	if err := josejson.Unmarshal(raw, into); err != nil {
		return errors.New(clean(err.Error())) // it may repeat a member's name
	}
	return nil
}

// tokenHeader is a token's JOSE header, as far as it decides. The other members are
// never read: a key or a certificate in them, or the address of one, is the word of
// whoever has made the token (RFC 8725, section 3.10).
type tokenHeader struct {
	Algorithm string          `json:"alg"`
	KeyID     oneText         `json:"kid"`
	Type      texts           `json:"typ"`
	Critical  json.RawMessage `json:"crit"`
}

// oneText is a member; anything but a text counts as absent.
type oneText string

func (t *oneText) UnmarshalJSON(raw []byte) error {
	*t = ""
	_ = json.Unmarshal(raw, (*string)(t))
	return nil
}

// texts are the texts of a member meant as one: in a list, or none if it is something
// else.
type texts []string

func (t *texts) UnmarshalJSON(raw []byte) error {
	*t = nil
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		list = []json.RawMessage{raw}
	}
	for _, member := range list {
		var text string
		if json.Unmarshal(member, &text) == nil {
			*t = append(*t, text)
		}
	}
	return nil
}

// check refuses critical extensions, because none are understood here (RFC 7515, section
// 4.1.11), and tokens made for something else by their own word (RFC 8725, section 3.11;
// RFC 9068; OpenID Connect Back-Channel Logout 1.0, section 2.4). Others may give an ID
// token any type. access: an access token is wanted.
func (h tokenHeader) check(access bool) error {
	if h.Critical != nil {
		return untrusted("id_token", "its header asks for extensions")
	}
	for _, kind := range h.Type {
		switch kind := strings.TrimPrefix(strings.ToLower(kind), "application/"); kind {
		case "at+jwt":
			if !access {
				return untrusted("id_token", "it is an access token (type at+jwt)")
			}
		case "logout+jwt", "dpop+jwt", "secevent+jwt":
			return untrusted("id_token", "it is a token of the type %s", kind)
		}
	}
	return nil
}

// identifies reports if a text can identify somebody: an unreadable character stands for
// many, and control characters are in no honest identifier.
func identifies(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r == utf8.RuneError || unicode.IsControl(r) })
}

// maxChallenge is far above the claims challenges in use: they go into the address of the
// next request.
const maxChallenge = 8 << 10

// challenge returns a claims challenge (OpenID Connect Core 1.0, section 5.5), "" for
// anything else.
func challenge(s string) string {
	if len(s) > maxChallenge || !bytes.HasPrefix(bytes.TrimSpace([]byte(s)), []byte("{")) || !json.Valid([]byte(s)) {
		return ""
	}
	return s
}

// maxWords is the length of a provider's text, in characters.
const maxWords = 500

// clean bounds a provider's text and takes out the characters able to break a line of a
// log, write on a terminal, or turn the text around it. It may still hold markup.
func clean(s string) string { return plain.Text(s, maxWords) }

// shownAddress is an address only mentioned by the provider, as people may be shown it,
// "" for one nobody should open.
func shownAddress(s string) string {
	address, err := fetch.ASCII(s)
	if err != nil {
		return ""
	}
	return address
}
