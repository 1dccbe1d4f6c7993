package house

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/assets"
)

const (
	root   = "../../.."
	module = "github.com/portico-desktop/portico/"
	fyne   = "fyne.io/fyne/v2"
)

// imports lists what each folder's own files import, tests included.
func imports(t *testing.T) map[string]map[string][]string {
	t.Helper()
	out := make(map[string]map[string][]string)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != root) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		dir := filepath.ToSlash(filepath.Dir(rel))
		for _, i := range file.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			if out[dir] == nil {
				out[dir] = make(map[string][]string)
			}
			out[dir][name] = append(out[dir][name], filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func in(dir string, rooms ...string) bool {
	for _, room := range rooms {
		if dir == room || strings.HasPrefix(dir, room+"/") {
			return true
		}
	}
	return false
}

func TestArrowsThatMustNeverExist(t *testing.T) {
	all := imports(t)
	if len(all) < 10 || all["app/localapi"] == nil || all["app/ui/kit"] == nil || all["auth"] == nil {
		t.Fatalf("only %d folders were read: this test looks in the wrong place", len(all))
	}
	for dir, names := range all {
		for name, files := range names {
			inside, own := strings.CutPrefix(name, module)
			wrong := ""
			switch {
			case in(dir, "auth") && own && in(inside, "app", "cmd", "assets"):
				wrong = "auth serves any program and knows nothing of this one"
			case (name == fyne || strings.HasPrefix(name, fyne+"/")) && !in(dir, "app/ui", "cmd/portico", "cmd/portico-demo"):
				wrong = "only the window imports Fyne"
			case in(dir, "app/ui") && (own && in(inside, "auth") || name == "net/http"):
				wrong = "the window sees states, never sign-ins or the network"
			case in(dir, "app/ui/kit") && own && !in(inside, "app/ui/kit", "app/picture", "assets"):
				wrong = "what a window is drawn with knows no window, no portal and no agent"
			case in(dir, "app/localapi") && own && !in(inside, "app/localapi"):
				wrong = "the contract stands by itself"
			case in(dir, "app/redact") && own && !in(inside, "app/redact", "app/localapi"):
				wrong = "whatever takes secrets out of texts knows the contract's codes and nothing else"
			case in(dir, "app/portal") && own && in(inside, "app/agent", "app/policy", "app/session", "app/settings"):
				wrong = "a portal knows neither how people sign in nor what IT decides"
			case in(dir, "app/portal/manifest") && own && in(inside, "app") && !in(inside, "app/portal/manifest", "app/portal/address", "app/spelling"):
				wrong = "a server shares the manifest, and has nothing else of this program"
			case in(dir, "app/portal/api") && own && in(inside, "app", "auth", "cmd") && !in(inside, "app/portal/api"):
				wrong = "a portal and its clients share the contract, and it has nothing else of this program"
			case in(dir, "cmd/internal/gateway") && own && in(inside, "app") && !in(inside, "app/portal/api", "app/portal/form", "app/portal/manifest", "app/portal/address"):
				wrong = "the gateway shares contract, forms and manifest, and is another program otherwise"
			case in(dir, "app/portal/form") && own && in(inside, "app") && !in(inside, "app/portal/form"):
				wrong = "a server shares the forms, and has nothing else of this program"
			case in(dir, "app", "auth", "assets") && own && in(inside, "cmd"):
				wrong = "programs use rooms, not the other way round"
			}
			if wrong != "" {
				t.Errorf("%s imports %s (%s): %s", dir, name, strings.Join(files, ", "), wrong)
			}
		}
	}
}

// The background program and the console stay small and run without a window
// system only as long as nothing drags Fyne or cgo in, however indirectly.
func TestBackgroundProgramsAreFreeOfFyne(t *testing.T) {
	for _, program := range []string{"./cmd/portico-agent", "./cmd/porticoctl"} {
		cmd := exec.Command("go", "list", "-deps", program)
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go list -deps %s: %v", program, err)
		}
		if !strings.Contains(string(out), module+"app/agent") {
			t.Errorf("%s does not contain the agent", program)
		}
		for dep := range strings.SplitSeq(string(out), "\n") {
			if program == "./cmd/portico-agent" && strings.HasSuffix(dep, "/oksvg") {
				t.Errorf("%s contains %s, which it would hold all day for the moment that a logo is examined", program, dep)
			}
			if program == "./cmd/portico-agent" && strings.Contains(dep, "/gokrb5/") {
				t.Errorf("%s contains %s, which the console holds for the moment of a log-on to a proxy", program, dep)
			}
			if strings.Contains(dep, "/go-i18n/") {
				t.Errorf("%s contains %s: its templates look methods up by name, so that the linker keeps every one in the program, 2.4 MB of them", program, dep)
			}
			if program == "./cmd/porticoctl" && dep == "fyne.io/systray" {
				t.Errorf("%s contains %s, and shows no tray", program, dep)
			}
			if dep == fyne || strings.HasPrefix(dep, fyne+"/") || strings.HasPrefix(dep, "github.com/go-gl/") {
				t.Errorf("%s contains %s", program, dep)
			}
		}
	}
}

// The programs without a window are as small as is promised, as they are built for people.
// Windows' get an icon on top, of some 30 KB.
func TestProgramsWithoutAWindowStayWithinTheirSizes(t *testing.T) {
	for _, system := range []string{"linux", "windows"} {
		for program, limit := range map[string]int64{"portico-agent": 15_000_000, "porticoctl": 17_000_000, "portico-gateway": 19_000_000} {
			file := filepath.Join(t.TempDir(), program)
			cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", file, "./cmd/"+program)
			cmd.Dir = root
			cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH=amd64")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("building %s for %s: %v: %s", program, system, err, out)
			}
			info, err := os.Stat(file)
			if err != nil {
				t.Fatal(err)
			}
			if t.Logf("%s for %s has %d bytes", program, system, info.Size()); info.Size() > limit {
				t.Errorf("%s for %s has %d bytes, and may have %d", program, system, info.Size(), limit)
			}
		}
	}
}

// Only the Mac's programs read property lists.
func TestOnlyMacsHoldThePropertyListLibrary(t *testing.T) {
	const library = "howett.net/plist"
	for _, system := range []string{"linux", "windows", "darwin"} {
		cmd := exec.Command("go", "list", "-deps", "./cmd/portico-agent", "./cmd/porticoctl")
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go list -deps for %s: %v", system, err)
		}
		if holds := strings.Contains(string(out), library); holds != (system == "darwin") {
			t.Errorf("for %s the programs hold %s: %v", system, library, holds)
		}
	}
}

// A portal's logo may be anything. Whatever program has an agent examines logos in a
// process of its own, and is able to be that process. The background program has the
// console for it.
func TestProgramsExamineLogosInProcessesOfTheirOwn(t *testing.T) {
	programs := 0
	for _, dir := range []string{"portico", "portico-agent", "portico-demo", "porticoctl"} {
		files, err := filepath.Glob(filepath.Join(root, "cmd", dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		makes, gives, begins := false, false, false
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text := string(raw)
			makes = makes || strings.Contains(text, "agent.Params{")
			gives = gives || regexp.MustCompile(`Pictures:\s+picture\.Examiner\{(Program: examiner)?\}\.Check`).MatchString(text)
			begins = begins || strings.Contains(text, "func main() {\n\tif code, ran := drawing.RunExamination(); ran {\n\t\tos.Exit(code)") ||
				strings.Contains(text, `func examiner() (string, error) { return desktop.Neighbour("porticoctl") }`)
		}
		if !makes {
			continue
		}
		programs++
		if !gives || !begins {
			t.Errorf("cmd/%s: its agent is given an examiner: %v, and there is one: main examines a picture first of all, or the console does: %v", dir, gives, begins)
		}
	}
	if programs < 4 {
		t.Errorf("only %d programs have an agent: this test looks in the wrong place", programs)
	}
}

func TestVersionsAreInStep(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(root, "FyneApp.toml"))
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^Version = "([^"]+)"$`).FindSubmatch(raw)
	if version == nil || string(version[1]) != assets.Version {
		t.Errorf("FyneApp.toml says %q, assets.Version %q", version, assets.Version)
	}
	news, err := os.ReadFile(filepath.Join(root, ".github", "CHANGELOG.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(news), "\n## "+assets.Version+"\n") {
		t.Errorf("CHANGELOG.md has no section of %s", assets.Version)
	}
	if !strings.Contains(string(raw), `ID = "io.github.portico_desktop.Portico"`) {
		t.Error("FyneApp.toml has lost the program's id")
	}
}

func TestFyneIsPinned(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	proposed, err := os.ReadFile(filepath.Join(root, ".github", "dependabot.yml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, pin := range []string{"fyne.io/fyne/v2 v2.8.1", "github.com/zitadel/oidc/v3 v3.44.0"} {
		if !strings.Contains(string(raw), pin) {
			t.Errorf("go.mod does not pin %s", pin)
		}
		name, _, _ := strings.Cut(pin, " ")
		if !strings.Contains(string(proposed), "- dependency-name: "+name+"\n") {
			t.Errorf("dependabot.yml proposes other versions of %s", name)
		}
	}
}

// A promise without a test is only a wish.
func TestPromisesNameTestsThatExist(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, ".github", "SECURITY.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`\bTest[A-Z][A-Za-z0-9]+`).FindAllString(string(text), -1)
	if len(named) < 30 {
		t.Errorf("SECURITY.md names %d tests", len(named))
	}
	there := map[string]bool{}
	function := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		code, err := os.ReadFile(path)
		for _, f := range function.FindAllSubmatch(code, -1) {
			there[string(f[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range named {
		if !there[name] {
			t.Errorf("SECURITY.md names %s, and there is no such test", name)
		}
	}
}
