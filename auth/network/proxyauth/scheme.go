package proxyauth

import (
	"fmt"
	"slices"
	"strings"
)

// Scheme is an authentication scheme, as IANA registers it.
type Scheme string

// The schemes that can be answered, the strongest first.
const (
	Negotiate Scheme = "Negotiate" // RFC 4559: Kerberos, on Windows also NTLM
	NTLM      Scheme = "NTLM"      // [MS-NTHT]
	Digest    Scheme = "Digest"    // RFC 7616
	Basic     Scheme = "Basic"     // RFC 7617
)

// AllSchemes are the schemes that can be answered, the strongest first.
func AllSchemes() []Scheme { return []Scheme{Negotiate, NTLM, Digest, Basic} }

// ParseSchemes reads a list as a policy has it: "negotiate, digest", in any case and order.
// A name other than the four is an error, because nobody would notice a rule left out. The
// empty list allows none.
func ParseSchemes(list string) ([]Scheme, error) {
	schemes := []Scheme{}
	for _, name := range strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(",; \t", r) }) {
		scheme, ok := canonical(name)
		if !ok {
			return nil, fmt.Errorf("%q is no scheme; negotiate, ntlm, digest and basic are", name)
		}
		if !slices.Contains(schemes, scheme) {
			schemes = append(schemes, scheme)
		}
	}
	return schemes, nil
}

// canonical is a scheme by its name in any case (RFC 9110, section 11.1).
func canonical(name string) (Scheme, bool) {
	for _, s := range AllSchemes() {
		if strings.EqualFold(name, string(s)) {
			return s, true
		}
	}
	return "", false
}

// weaker is true if a is weaker than b. An unknown scheme is the weakest.
func weaker(a, b Scheme) bool { return rank(a) > rank(b) }

func rank(s Scheme) int {
	if i := slices.Index(AllSchemes(), s); i >= 0 {
		return i
	}
	return len(AllSchemes())
}

// Strongest is the strongest of some schemes, "" of none.
func Strongest(schemes []Scheme) Scheme {
	for _, s := range AllSchemes() {
		if slices.Contains(schemes, s) {
			return s
		}
	}
	return ""
}
