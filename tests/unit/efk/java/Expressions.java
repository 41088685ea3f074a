import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jcodings.specific.UTF8Encoding;
import org.joni.Matcher;
import org.joni.Option;
import org.joni.Regex;
import org.joni.Syntax;

/** Per line of input, an expression and a text in base64: prints where it matches, from-to of each group, or "no". */
public class Expressions {
    public static void main(String[] arguments) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line; (line = in.readLine()) != null;) {
            String[] words = line.split(" ", -1);
            byte[] pattern = Base64.getDecoder().decode(words[0]);
            byte[] text = Base64.getDecoder().decode(words[1]);
            // As Fluent Bit compiles them: Ruby's syntax, UTF-8, no options.
            Regex regex = new Regex(pattern, 0, pattern.length, Option.DEFAULT, UTF8Encoding.INSTANCE, Syntax.RUBY);
            Matcher matcher = regex.matcher(text);
            if (matcher.search(0, text.length, Option.DEFAULT) < 0) {
                System.out.println("no");
                continue;
            }
            StringBuilder places = new StringBuilder(matcher.getBegin() + "-" + matcher.getEnd());
            for (int group = 1; matcher.getRegion() != null && group < matcher.getRegion().getNumRegs(); group++) {
                places.append(' ').append(matcher.getRegion().getBeg(group));
                places.append('-').append(matcher.getRegion().getEnd(group));
            }
            System.out.println(places);
        }
    }
}
