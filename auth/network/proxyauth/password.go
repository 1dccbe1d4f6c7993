package proxyauth

import (
	"context"
	"crypto/md5" // #nosec G501 -- what proxies ask for
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"net/url"
	"slices"
	"strings"

	"github.com/Azure/go-ntlmssp"
	"golang.org/x/text/unicode/norm"
)

var (
	errNoAlgorithm = errors.New("Digest is wanted with an algorithm or a protection that is not known")
	errColon       = errors.New("a name with a colon cannot be told to this proxy")
	errControl     = errors.New("a name or a password with a control character cannot be told to a proxy")
)

// basic is RFC 7617's answer, in UTF-8.
func basic(a *Attempt) (string, error) {
	if strings.Contains(a.Name, ":") {
		return "", errColon
	}
	if hasControl(a.Name) || hasControl(a.Password) {
		return "", errControl
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(a.Name+":"+a.Password)), nil
}

// algorithms are Digest's hashes, the strongest first (RFC 7616, section 6.1).
func algorithms() []struct {
	name string
	new  func() hash.Hash
} {
	return []struct {
		name string
		new  func() hash.Hash
	}{{"SHA-512-256", sha512.New512_256}, {"SHA-256", sha256.New}, {"MD5", md5.New}}
}

// algorithm is the hash of a Digest challenge; session is true for one of the session.
// rank grows as it gets weaker; it is -1 for one that cannot be answered.
func (c Challenge) algorithm() (rank int, session bool, newHash func() hash.Hash) {
	name := c.Parameters["algorithm"]
	if name == "" {
		name = "MD5"
	}
	base := name
	if n := len(name) - len("-sess"); n > 0 && strings.EqualFold(name[n:], "-sess") {
		base, session = name[:n], true
	}
	for i, a := range algorithms() {
		if strings.EqualFold(base, a.name) {
			return i, session, a.new
		}
	}
	return -1, false, nil
}

func (c Challenge) stale() bool { return strings.EqualFold(c.Parameters["stale"], "true") }

// protection is the qop to answer with: "auth", or "" for a proxy of RFC 2069's days.
func (c Challenge) protection() (string, bool) {
	qop, ok := c.Parameters["qop"]
	if !ok {
		return "", true
	}
	for _, one := range strings.Split(qop, ",") {
		if strings.EqualFold(strings.TrimSpace(one), "auth") {
			return "auth", true
		}
	}
	return "", false
}

// answerable is the strongest Digest challenge that can be answered; ok is true if there
// is one.
func answerable(offered []Challenge) (best Challenge, ok bool) {
	strongest := 0
	for _, c := range offered {
		rank, _, _ := c.algorithm()
		_, known := c.protection()
		if rank < 0 || !known || c.Parameters["nonce"] == "" || ok && rank >= strongest {
			continue
		}
		best, strongest, ok = c, rank, true
	}
	return best, ok
}

// digest is RFC 7616's answer.
func digest(c Challenge, method, uri string, a *Attempt) (string, error) {
	return digestWith(c, method, uri, a, rand.Text())
}

func digestWith(c Challenge, method, uri string, a *Attempt, cnonce string) (string, error) {
	_, session, newHash := c.algorithm()
	qop, ok := c.protection()
	if newHash == nil || !ok {
		return "", errNoAlgorithm
	}
	if hasControl(a.Name) || hasControl(a.Password) {
		return "", errControl
	}
	h := func(parts ...string) string {
		sum := newHash()
		sum.Write([]byte(strings.Join(parts, ":")))
		return hex.EncodeToString(sum.Sum(nil))
	}
	realm, nonce := c.Parameters["realm"], c.Parameters["nonce"]
	name, password := norm.NFC.String(a.Name), norm.NFC.String(a.Password)
	const count = "00000001" // every answer has a nonce or a cnonce of its own
	secret := h(name, realm, password)
	if session {
		secret = h(secret, nonce, cnonce)
	}
	request := h(method, uri)
	response := h(secret, nonce, request)
	if qop != "" {
		response = h(secret, nonce, count, cnonce, qop, request)
	}

	var b strings.Builder
	b.WriteString("Digest ")
	switch {
	case strings.EqualFold(c.Parameters["userhash"], "true"):
		fmt.Fprintf(&b, "username=%s, userhash=true", quoted(h(name, realm)))
	case strings.EqualFold(c.Parameters["charset"], "UTF-8") && strings.ContainsFunc(name, func(r rune) bool { return r > 0x7e }):
		fmt.Fprintf(&b, "username*=UTF-8''%s", extended(name))
	default:
		fmt.Fprintf(&b, "username=%s", quoted(name))
	}
	fmt.Fprintf(&b, ", realm=%s, nonce=%s, uri=%s, response=%s", quoted(realm), quoted(nonce), quoted(uri), quoted(response))
	if algorithm := c.Parameters["algorithm"]; algorithm != "" {
		fmt.Fprintf(&b, ", algorithm=%s", algorithm)
	}
	if opaque, ok := c.Parameters["opaque"]; ok {
		fmt.Fprintf(&b, ", opaque=%s", quoted(opaque))
	}
	if qop != "" {
		fmt.Fprintf(&b, ", qop=%s, nc=%s", qop, count)
	}
	if qop != "" || session {
		fmt.Fprintf(&b, ", cnonce=%s", quoted(cnonce))
	}
	return b.String(), nil
}

// quoted is a quoted string (RFC 9110, section 5.6.4).
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// extended is an extended value (RFC 8187): its plain characters are plain in a path's
// segment, too.
func extended(s string) string {
	return strings.NewReplacer("=", "%3D", ":", "%3A", "@", "%40", "$", "%24", "&", "&", "+", "+").Replace(url.PathEscape(s))
}

// ntlmPassword answers NTLM with a name ("DOMAIN\name" or "name@domain") and a password,
// by NTLM version 2.
type ntlmPassword struct{ attempt *Attempt }

func (n *ntlmPassword) Next(_ context.Context, from []byte) ([]byte, error) {
	if from == nil {
		return ntlmssp.NewNegotiateMessage("", "")
	}
	return ntlmssp.NewAuthenticateMessage(withoutUnused(from), n.attempt.Name, n.attempt.Password, nil)
}

func (n *ntlmPassword) Close() {}

// withoutUnused clears the parts of a challenge that need not mean anything ([MS-NLMP],
// section 2.2.1.2), since go-ntlmssp would follow them beyond the message. They are the
// proxy's own name, of no use here, and the target's information if no flag announces it or
// it is missing, as in the messages of squid's stand-in.
func withoutUnused(challenge []byte) []byte {
	const hasInfo = 0x00800000 // NTLMSSP_NEGOTIATE_TARGET_INFO
	if len(challenge) < 48 {
		return challenge
	}
	out := slices.Clone(challenge)
	clear(out[12:20])
	size, at := binary.LittleEndian.Uint16(out[40:]), binary.LittleEndian.Uint32(out[44:])
	if binary.LittleEndian.Uint32(out[20:])&hasInfo == 0 || uint64(at)+uint64(size) > uint64(len(out)) {
		clear(out[40:48])
	}
	return out
}
