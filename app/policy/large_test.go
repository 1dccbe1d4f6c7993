package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// manyKeys is a policy file with keys that nobody knows, besides the usual ones.
func manyKeys(n int) []byte {
	var b strings.Builder
	b.WriteString(`{"settings":{"PortalURL":"https://portal.example.com","AllowedDomains":["example.com"]`)
	for i := range n {
		fmt.Fprintf(&b, ",\n\"SomebodyElsesKey%d\":\"value %d of a program that is not Portico\"", i, i)
	}
	b.WriteString("}}")
	return []byte(b.String())
}

// manyDomains is a policy file that lets in the people of n domains.
func manyDomains(n int) []byte {
	domains := make([]string, n)
	for i := range domains {
		domains[i] = fmt.Sprintf(`"department-%d.contoso.example"`, i)
	}
	return []byte(`{"settings":{"AllowedDomains":[` + strings.Join(domains, ",\n") + `]}}`)
}

// The cost of a large policy is counted, since time is not the same twice: a key that
// nobody knows is looked up, and a domain is looked at, without an expression or a tree.
func TestALargePolicyIsReadInOnePass(t *testing.T) {
	few := testing.AllocsPerRun(5, func() { Check(manyKeys(0), "policy.json").Resolve(Layers{}) })
	for what, test := range map[string]struct {
		text []byte
		n    float64
		most float64 // for each
	}{
		"keys":    {manyKeys(5000), 5000, 2},        // the name, and what is looked for in its place
		"domains": {manyDomains(20000), 20000, 1.1}, // the text
	} {
		all := testing.AllocsPerRun(5, func() { Check(test.text, "policy.json").Resolve(Layers{}) })
		if each := (all - few) / test.n; each > test.most {
			t.Errorf("%s: %.2f allocations for each, want at most %.1f", what, each, test.most)
		}
	}
}

// Keys that nobody looks at stand in nobody's way.
func TestALargePolicyIsReadToItsEnd(t *testing.T) {
	text := bytes.TrimSuffix(manyKeys(5000), []byte("}}"))
	text = append(text, `,"Language":"de","SomebodyElsesKey4000":"again","AllowedDomains":["contoso.example"],"SomebodyElsesKey1":1}}`...)
	p := Check(text, "policy.json")
	s := p.Resolve(Layers{})
	if s.Text(Language) != "de" || !slices.Equal(s.List(AllowedDomains), []string{"contoso.example"}) || s.Text(PortalURL) != "https://portal.example.com" {
		t.Errorf("%q, %q, %q", s.Text(Language), s.List(AllowedDomains), s.Text(PortalURL))
	}
	kinds := map[ProblemKind]int{}
	for _, problem := range s.Problems() {
		kinds[problem.Kind]++
	}
	if want := map[ProblemKind]int{Duplicate: 3, UnknownKey: maxProblems - 3}; !maps.Equal(kinds, want) {
		t.Errorf("%v, want %v", kinds, want)
	}
}

// encoding/json says what the members of an object are.
func FuzzMembers(f *testing.F) {
	for _, text := range []string{
		`{}`, ` { "a" : 1 , "b":[ ] ,"c":{"d":"}"}} `, `{"\"a\\":"\\","b":"\\\"","a":"\u00fc"}`, "{\"\xff\":true,\n\"x\":null}", `{"a":[[{"]":1}],-1.5e3 ]}`, `[1,"2",[3],{"4":5}]`, `"a"`, `1`, `1E700`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !json.Valid(text) {
			return
		}
		in := json.NewDecoder(bytes.NewReader(text))
		in.UseNumber() // there are numbers that no float holds
		first, err := in.Token()
		if err != nil {
			t.Fatal(err)
		}
		all, isObject := membersOf(text, 7)
		var got []member
		if isObject {
			got = slices.Collect(all)
		}
		if isObject != (first == json.Delim('{')) {
			t.Fatalf("object: %v", isObject)
		}
		var want []member
		for isObject && in.More() {
			key, _ := in.Token()
			var value json.RawMessage
			if err := in.Decode(&value); err != nil {
				t.Fatal(err)
			}
			want = append(want, member{key.(string), value, 7 + int(in.InputOffset()) - len(value)})
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(member{})); diff != "" {
			t.Error(diff)
		}
		if first == json.Delim('[') {
			var want []json.RawMessage
			if err := json.Unmarshal(text, &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, slices.Collect(elementsOf(bytes.TrimSpace(text))), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		}
	})
}

// The generated forms (ADMX, schema) have the expression, and Portico the function.
func FuzzDomain(f *testing.F) {
	long := strings.Repeat("a", 63)
	for _, text := range []string{
		"", ".", "example", "example.com", "-a.de", "a-.de", "a-b.de", "a..b", ".a.b", "a.b.", "ä.de", "a_b.de", "A1.B2", long + ".de", long + "a.de",
		strings.Repeat(long+".", 4) + "de", "a.de\n", "a.b-", "1.2.3.4",
	} {
		f.Add(text)
	}
	pattern := regexp.MustCompile(domainPattern)
	f.Fuzz(func(t *testing.T, text string) {
		if want := len(text) <= 253 && pattern.MatchString(text); isDomain(text) != want {
			t.Errorf("%q: %v, want %v", text, !want, want)
		}
	})
}

func BenchmarkManyKeys(b *testing.B) {
	text := manyKeys(5000)
	b.ReportAllocs()
	for b.Loop() {
		Check(text, "policy.json").Resolve(Layers{})
	}
}

func BenchmarkManyDomains(b *testing.B) {
	text := manyDomains(20000)
	b.ReportAllocs()
	for b.Loop() {
		if s := Check(text, "policy.json").Resolve(Layers{}); len(s.List(AllowedDomains)) != 20000 {
			b.Fatal(s.Problems())
		}
	}
}
