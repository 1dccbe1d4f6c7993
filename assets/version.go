package assets

// Version is the program's version. FyneApp.toml is its source; a test holds
// the two together.
const Version = "0.1.0"
