package auth_test

import (
	"testing"

	"github.com/portico-desktop/portico/auth/authtest"
)

// oddHeaders are headers of honest ID tokens that no standard describes. All of them
// have to serve: a key or a certificate in a header is nobody's word but the token's.
func oddHeaders(t *testing.T) []hostileCase {
	var cases []hostileCase
	for name, members := range map[string]map[string]any{
		"x5c with a negative serial number": {"x5c": []string{negative(t)}},
		"x5c that is no base64":             {"x5c": []string{"-----BEGIN CERTIFICATE-----"}},
		"x5c with something else":           {"x5c": []any{7, nil, map[string]any{}}},
		"x5c that is text":                  {"x5c": "MIIB"},
		"x5c that is a number":              {"x5c": 7},
		"x5c that is empty":                 {"x5c": []string{}},
		"x5t and x5u of other types":        {"x5t": 7, "x5t#S256": []int{1}, "x5u": map[string]any{}, "jku": false},
		"jwk of an unknown kind":            {"jwk": map[string]any{"kty": "LATTICE", "kid": "key-1"}},
		"jwk that is no key":                {"jwk": map[string]any{"kty": "EC", "crv": "P-256", "x": "%"}},
		"jwk with a bad certificate":        {"jwk": map[string]any{"kty": "RSA", "n": "AQAB", "e": "AQAB", "x5c": "%"}},
		"jwk that is text":                  {"jwk": "key"},
		"jwk that is null":                  {"jwk": nil},
		"nonce that is a number":            {"nonce": 7},
		"nonce that is null":                {"nonce": nil},
		"kid that is a number":              {"kid": 7},
		"kid that is null":                  {"kid": nil},
		"kid that is a list":                {"kid": []string{"key-1"}},
		"kid that is an object":             {"kid": map[string]any{"kid": "key-2"}},
		"typ that is a list":                {"typ": []any{"JWT", nil, 7}},
		"typ that is a number":              {"typ": 7},
		"typ that is null":                  {"typ": nil},
		"cty, zip, epk and b64":             {"cty": 1, "zip": []int{}, "epk": "x", "b64": "no"},
		"members that nobody knows":         {"ver": 1.5, "x": map[string]any{"alg": "none"}, "ALG": "none", "Crit": []string{"x"}},
	} {
		cases = append(cases, hostileCase{name: "odd header: " + name, attack: faults(authtest.TokenHeader(func(h map[string]any) {
			for member, value := range members {
				h[member] = value
			}
		}))}, hostileCase{name: "odd header: " + name + ", at a renewal", refresh: true, attack: faults(authtest.TokenHeader(func(h map[string]any) {
			for member, value := range members {
				h[member] = value
			}
		}))})
	}
	return cases
}

// hostileHeaders are the neighbours of what oddHeaders lets pass.
func hostileHeaders(t *testing.T) []hostileCase {
	raw := func(header string) func(*hostile) []authtest.Fault {
		return faults(authtest.RawTokenHeader(header))
	}
	header := func(name string, value any) func(*hostile) []authtest.Fault {
		return faults(authtest.TokenHeader(func(h map[string]any) { h[name] = value }))
	}
	attackers := func(more map[string]any) func(*hostile) []authtest.Fault {
		return faults(authtest.AttackerToken(more))
	}
	embedded := func(more map[string]any) map[string]any {
		members := authtest.EmbeddedKey()
		for name, value := range more {
			members[name] = value
		}
		return members
	}
	cases := []hostileCase{
		{name: "alg is a list", attack: header("alg", []string{"RS256"}), want: trust("alg")},
		{name: "alg is a number", attack: header("alg", 256), want: trust("alg")},
		{name: "alg is null", attack: header("alg", nil), want: trust("alg")},
		{name: "alg is not in the letters of the standard", attack: header("alg", "rs256"), want: trust("alg")},
		{name: "ALG alone", attack: raw(`{"ALG":"RS256","kid":"key-1"}`), want: trust("alg")},
		{name: "crit twice", attack: raw(`{"alg":"RS256","kid":"key-1","crit":["x"],"crit":[]}`), want: trust("alg")},
		{name: "typ twice", attack: raw(`{"alg":"RS256","kid":"key-1","typ":"at+jwt","typ":"JWT"}`), want: trust("alg")},
		{name: "kid twice", attack: raw(`{"alg":"RS256","kid":"key-2","kid":"key-1"}`), want: trust("alg")},
		{name: "crit is null", attack: raw(`{"alg":"RS256","kid":"key-1","crit":null}`), want: trust("id_token")},
		{name: "crit is a number", attack: header("crit", 7), want: trust("id_token")},
		{name: "an access token's type in a list", attack: header("typ", []string{"JWT", "at+jwt"}), want: trust("id_token")},
		{name: "no UTF-8", attack: raw("{\"alg\":\"RS256\",\"kid\":\"key-1\",\"x\":\"\xff\"}"), want: trust("alg")},
		{name: "two objects", attack: raw(`{"alg":"RS256","kid":"key-1"}{}`), want: trust("alg")},
		{name: "kid of nobody, beside a jwk", attack: faults(authtest.TokenHeader(func(h map[string]any) {
			h["kid"] = "key-9"
			for name, value := range authtest.EmbeddedKey() {
				h[name] = value
			}
		})), want: trust("signature")},
		{name: "attacker's key, and kid is a number", attack: attackers(embedded(map[string]any{"kid": 7})), want: trust("signature")},
		{name: "attacker's key, and kid is null", attack: attackers(embedded(map[string]any{"kid": nil})), want: trust("signature")},
		{name: "attacker's certificate", attack: attackers(map[string]any{"x5c": []string{negative(t)}, "kid": 7}), want: trust("signature")},
	}
	for i := range cases {
		cases[i].name = "odd header: " + cases[i].name
	}
	return cases
}
