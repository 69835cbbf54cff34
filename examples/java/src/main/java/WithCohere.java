import com.cohere.api.Cohere;
import com.cohere.api.resources.v2.requests.V2RerankRequest;
import java.util.List;

/** Reranks with Cohere's own client, pointed at a crossrank server. Argument: http://localhost:8000 */
public class WithCohere {
  public static void main(String[] arguments) {
    var documents = List.of(
        "Cats are independent animals that prefer to play alone.",
        "Dog training requires patience and consistency.",
        "Bird care includes proper cage setup and regular cleaning.");
    var client = Cohere.builder().token("any").url(arguments[0]).build();
    var response = client.v2().rerank(
        V2RerankRequest.builder().model("mini").query("How to train a dog").documents(documents).topN(2).build());
    for (var result : response.getResults()) {
      System.out.printf("%.3f %s%n", result.getRelevanceScore(), documents.get(result.getIndex()));
    }
    System.exit(0); // The client's connection pool would keep the process for another five minutes.
  }
}
