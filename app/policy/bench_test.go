package policy

import "testing"

// What every start of every program does.
func BenchmarkReadAndResolve(b *testing.B) {
	text := []byte(`{"settings":{"PortalURL":"https://portal.example.com","AllowedDomains":["example.com"],"Autostart":"always"},"defaults":{"Theme":"dark"}}`)
	b.ReportAllocs()
	for b.Loop() {
		if s := Check(text, "policy.json").Resolve(Layers{Personal: map[Name]any{Language: "de"}}); s.Text(Theme) != "dark" {
			b.Fatal(s.Problems())
		}
	}
}
