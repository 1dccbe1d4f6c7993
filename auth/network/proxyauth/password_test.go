package proxyauth

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

// The examples of RFC 7616, section 3.9. Those of SHA-512-256 are wrong there; the name's
// hash is that of erratum 4897.
func TestDigestOfTheStandard(t *testing.T) {
	const cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
	mufasa := Challenge{Scheme: Digest, Parameters: map[string]string{
		"realm": "http-auth@example.org", "qop": "auth, auth-int", "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
		"opaque": "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
	}}
	jason := Challenge{Scheme: Digest, Parameters: map[string]string{
		"realm": "api@example.org", "qop": "auth", "nonce": "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
		"opaque": "HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDssOS", "charset": "UTF-8", "userhash": "true",
	}}
	tests := map[string]struct {
		challenge Challenge
		algorithm string
		attempt   Attempt
		uri       string
		cnonce    string
		want      []string
	}{
		"MD5":     {mufasa, "MD5", Attempt{Name: "Mufasa", Password: "Circle of Life"}, "/dir/index.html", cnonce, []string{`username="Mufasa"`, `response="8ca523f5e9506fed4657c9700eebdbec"`, "nc=00000001", "qop=auth,", "algorithm=MD5"}},
		"SHA-256": {mufasa, "SHA-256", Attempt{Name: "Mufasa", Password: "Circle of Life"}, "/dir/index.html", cnonce, []string{`response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"`}},
		"SHA-512-256": {jason, "SHA-512-256", Attempt{Name: "Jäsøn Doe", Password: "Secret, or not?"}, "/doe.json", "NTg6RKcb9boFIAS3KrFK9BGeh+niz/sm", []string{
			`username="793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b", userhash=true`,
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.challenge.Parameters["algorithm"] = test.algorithm
			got, err := digestWith(test.challenge, "GET", test.uri, &test.attempt, test.cnonce)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range test.want {
				if !strings.Contains(got, want) {
					t.Errorf("%s\nlacks %s", got, want)
				}
			}
		})
	}
}

func TestDigestVariants(t *testing.T) {
	with := func(pairs ...string) Challenge {
		c := Challenge{Scheme: Digest, Parameters: map[string]string{"realm": "a", "nonce": "n"}}
		for i := 0; i < len(pairs); i += 2 {
			c.Parameters[pairs[i]] = pairs[i+1]
		}
		return c
	}
	tests := map[string]struct {
		challenge    Challenge
		name         string
		has, has_not []string
	}{
		"of RFC 2069's days":      {with(), "ada", []string{`username="ada"`, "response="}, []string{"qop", "cnonce", "algorithm", "opaque"}},
		"for a session":           {with("algorithm", "MD5-sess"), "ada", []string{"cnonce=", "algorithm=MD5-sess"}, []string{"qop"}},
		"a name to be escaped":    {with(), `a"d\a`, []string{`username="a\"d\\a"`}, nil},
		"a name of other letters": {with("charset", "UTF-8"), "Jäsøn Doe+", []string{"username*=UTF-8''J%C3%A4s%C3%B8n%20Doe+"}, []string{`username="`}},
		"letters, nothing said":   {with(), "Jäsøn", []string{`username="Jäsøn"`}, nil},
		"written apart":           {with(), "Ja\u0308son", []string{"username=\"J\u00e4son\""}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := digest(test.challenge, "CONNECT", "h:443", &Attempt{Name: test.name, Password: "p"})
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range test.has {
				if !strings.Contains(got, s) {
					t.Errorf("%s\nlacks %s", got, s)
				}
			}
			for _, s := range test.has_not {
				if strings.Contains(got, s) {
					t.Errorf("%s\nhas %s", got, s)
				}
			}
		})
	}
	for _, bad := range []Challenge{with("algorithm", "MD4"), with("qop", "auth-int"), with("nonce", "")} {
		if _, ok := answerable([]Challenge{bad}); ok {
			t.Errorf("%v counts as answerable", bad)
		}
	}
	sha, md5 := with("algorithm", "sha-256"), with("algorithm", "md5")
	for _, offered := range [][]Challenge{{md5, sha}, {sha, md5}} {
		if best, ok := answerable(offered); !ok || best.Parameters["algorithm"] != "sha-256" {
			t.Errorf("of %v %v is taken", offered, best)
		}
	}
}

// No name and no password breaks out of its header.
func TestCharactersThatCannotBeSent(t *testing.T) {
	digestChallenge := Challenge{Scheme: Digest, Parameters: map[string]string{"nonce": "n"}}
	for _, a := range []Attempt{{Name: "a\r\nX: y"}, {Name: "a", Password: "p\x00"}} {
		if got, err := basic(&a); err == nil {
			t.Errorf("Basic sends %q", got)
		}
		if got, err := digest(digestChallenge, "GET", "/", &a); err == nil {
			t.Errorf("Digest sends %q", got)
		}
	}
	if got, err := basic(&Attempt{Name: "a:b"}); err == nil {
		t.Errorf("a name with a colon becomes %q", got)
	}
	if got, _ := basic(&Attempt{Name: "Jäsøn", Password: "sécret"}); got != "Basic "+base64.StdEncoding.EncodeToString([]byte("Jäsøn:sécret")) {
		t.Errorf("UTF-8 becomes %q", got)
	}
}

// challengeMessage is NTLM's second message, as Windows sends it ([MS-NLMP], section
// 2.2.1.2), with the name of a domain.
func challengeMessage() []byte {
	info := []byte{2, 0, 12, 0, 'D', 0, 'O', 0, 'M', 0, 'A', 0, 'I', 0, 'N', 0, 0, 0, 0, 0}
	m := make([]byte, 48)
	copy(m, "NTLMSSP\x00")
	binary.LittleEndian.PutUint32(m[8:], 2)
	binary.LittleEndian.PutUint32(m[16:], 48)
	binary.LittleEndian.PutUint32(m[20:], 0x00828201)
	copy(m[24:], "\x01\x23\x45\x67\x89\xab\xcd\xef")
	binary.LittleEndian.PutUint16(m[40:], uint16(len(info)))
	binary.LittleEndian.PutUint16(m[42:], uint16(len(info)))
	binary.LittleEndian.PutUint32(m[44:], 48)
	return append(m, info...)
}

func TestNTLMWithAPassword(t *testing.T) {
	n := &ntlmPassword{attempt: &Attempt{Name: `DOMAIN\ada`, Password: "s3cret"}}
	first, err := n.Next(context.Background(), nil)
	if err != nil || !strings.HasPrefix(string(first), "NTLMSSP\x00\x01") {
		t.Fatalf("the first message is %q, %v", first, err)
	}
	if strings.Contains(string(first), "ada") {
		t.Error("the name goes out before the proxy has said anything")
	}
	last, err := n.Next(context.Background(), challengeMessage())
	if err != nil || !strings.HasPrefix(string(last), "NTLMSSP\x00\x03") {
		t.Fatalf("the last message is %q, %v", last, err)
	}
	if !strings.Contains(string(last), "a\x00d\x00a\x00") || strings.Contains(string(last), "s3cret") {
		t.Errorf("the last message is %q", last)
	}
}

// A proxy's NTLM message, whatever it is, gives a message or an error.
func FuzzNTLM(f *testing.F) {
	f.Add(challengeMessage())
	f.Add([]byte("NTLMSSP\x00"))
	f.Fuzz(func(t *testing.T, from []byte) {
		n := &ntlmPassword{attempt: &Attempt{Name: "ada", Password: "s3cret"}}
		if out, err := n.Next(context.Background(), from); err == nil && len(out) == 0 && from != nil {
			t.Error(errors.New("neither a message nor an error"))
		}
	})
}
