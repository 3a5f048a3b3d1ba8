# Reads the TRX files of one `dotnet test` run; prints each skipped test with its reason, each failed one by name,
# and as its last line the sum over all of them: "N passed, N failed, N skipped".
#
#   awk -v status=EXIT_CODE -f test-summary.awk *.trx
#
# A run that failed without a failing test (a crashed test host) counts as one failure, and so does a `status` (the exit
# code of dotnet test) other than 0 that nothing else explains. A record is one XML tag with the text after it; '<' never stands for anything else in XML.

BEGIN { RS = "<" }
FNR == 1 { failedHere = 0; unexplained = 0 }

function attribute(name,    at, rest) {
    at = index($0, " " name "=\"")
    if (!at) return ""
    rest = substr($0, at + length(name) + 3)
    return substr(rest, 1, index(rest, "\"") - 1)
}

function plain(text) {
    gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text); gsub(/&quot;/, "\"", text); gsub(/&apos;/, "'", text)
    gsub(/&#x[Dd];/, "", text); gsub(/&#x[Aa];/, " ", text); gsub(/&amp;/, "\\&", text)
    gsub(/[ \t\r\n]+/, " ", text); sub(/^ /, "", text); sub(/ $/, "", text)
    return text
}

/^UnitTestResult / {
    name = plain(attribute("testName")); outcome = attribute("outcome"); reason = ""
    if (outcome == "Passed") passed++
    else if (outcome == "NotExecuted") { skipped++; waiting = 1 }
    else { failed++; failedHere++; failures[failed] = name }
    if (outcome == "NotExecuted" && $0 ~ /\/>/) { skips[skipped] = name ": no reason given"; waiting = 0 }
}
/^(Message|StdOut)>/ && waiting && reason == "" { reason = plain(substr($0, index($0, ">") + 1)) }
/^\/UnitTestResult>/ && waiting {
    skips[skipped] = name ": " (reason == "" ? "no reason given" : reason)
    waiting = 0
}
/^ResultSummary / { unexplained = attribute("outcome") == "Failed" && !failedHere }
/^Text>/ && unexplained { failures[++failed] = "a whole test project: " substr(plain(substr($0, index($0, ">") + 1)), 1, 160); unexplained = 0 }

END {
    for (i = 1; i <= skipped; i++) print "skipped  " skips[i]
    for (i = 1; i <= failed; i++) print "failed   " failures[i]
    if (status != 0 && !failed) {
        print "failed   the test run itself: dotnet test ended with exit code " status "; its output is above"
        failed = 1
    }
    printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
}
