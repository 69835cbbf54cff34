import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Reranks with java.net.http and crossrank's own format. Argument: http://localhost:8000 */
public class WithHttpClient {
  public static void main(String[] arguments) throws Exception {
    var json = new ObjectMapper();
    var body = json.writeValueAsString(Map.of(
        "query", "How to train a dog",
        "documents", List.of(
            "Cats are independent animals that prefer to play alone.",
            "Dog training requires patience and consistency.",
            "Bird care includes proper cage setup and regular cleaning."),
        "config", Map.of("model", Map.of("type", "preset", "name", "mini"), "top_k", 2)));
    var request = HttpRequest.newBuilder(URI.create(arguments[0] + "/rerank"))
        .header("Content-Type", "application/json")
        .timeout(Duration.ofMinutes(1))
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
    var response = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
    if (response.statusCode() != 200) throw new IllegalStateException(response.statusCode() + ": " + response.body());
    for (var result : json.readTree(response.body()).get("results")) {
      System.out.printf("%.3f %s%n", result.get("score").asDouble(), result.get("document").asText());
    }
  }
}
